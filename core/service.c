/* Services: the port that each has at its server.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "service.h"

#include <glib.h>
#include <stdlib.h>

enum { TCP = 1, UDP = 2, SCTP = 4 };

typedef struct service {
    uint16_t port;
    uint8_t protocols;
    const char *name;
} service;

/* By port. Names are those of IANA's registry, or those that people know where another service has taken a port. */
static const service services[] = {
    {7, TCP | UDP, "echo"},
    {9, TCP | UDP, "discard"},
    {13, TCP | UDP, "daytime"},
    {17, TCP | UDP, "qotd"},
    {19, TCP | UDP, "chargen"},
    {20, TCP, "ftp-data"},
    {21, TCP, "ftp"},
    {22, TCP | SCTP, "ssh"},
    {23, TCP, "telnet"},
    {25, TCP, "smtp"},
    {37, TCP | UDP, "time"},
    {43, TCP, "whois"},
    {49, TCP | UDP, "tacacs"},
    {53, TCP | UDP, "domain"},
    {67, UDP, "bootps"},
    {68, UDP, "bootpc"},
    {69, UDP, "tftp"},
    {70, TCP, "gopher"},
    {79, TCP, "finger"},
    {80, TCP | UDP | SCTP, "http"},
    {88, TCP | UDP, "kerberos"},
    {102, TCP, "iso-tsap"},
    {109, TCP, "pop2"},
    {110, TCP, "pop3"},
    {111, TCP | UDP, "sunrpc"},
    {113, TCP, "auth"},
    {119, TCP, "nntp"},
    {123, UDP, "ntp"},
    {135, TCP | UDP, "epmap"},
    {137, TCP | UDP, "netbios-ns"},
    {138, UDP, "netbios-dgm"},
    {139, TCP, "netbios-ssn"},
    {143, TCP, "imap"},
    {161, TCP | UDP, "snmp"},
    {162, TCP | UDP, "snmptrap"},
    {177, UDP, "xdmcp"},
    {179, TCP | SCTP, "bgp"},
    {194, TCP | UDP, "irc"},
    {199, TCP, "smux"},
    {213, UDP, "ipx"},
    {264, TCP | UDP, "bgmp"},
    {319, UDP, "ptp-event"},
    {320, UDP, "ptp-general"},
    {389, TCP | UDP, "ldap"},
    {427, TCP | UDP, "svrloc"},
    {443, TCP | UDP | SCTP, "https"},
    {444, TCP, "snpp"},
    {445, TCP | UDP, "microsoft-ds"},
    {464, TCP | UDP, "kpasswd"},
    {465, TCP, "submissions"},
    {500, UDP, "isakmp"},
    {502, TCP | UDP, "mbap"},
    {512, TCP, "exec"},
    {513, TCP, "login"},
    {514, TCP, "shell"},
    {514, UDP, "syslog"},
    {515, TCP, "printer"},
    {520, UDP, "router"},
    {521, UDP, "ripng"},
    {524, TCP | UDP, "ncp"},
    {530, TCP, "courier"},
    {540, TCP, "uucp"},
    {543, TCP, "klogin"},
    {544, TCP, "kshell"},
    {546, UDP, "dhcpv6-client"},
    {547, UDP, "dhcpv6-server"},
    {548, TCP, "afpovertcp"},
    {554, TCP | UDP, "rtsp"},
    {563, TCP, "nntps"},
    {587, TCP, "submission"},
    {593, TCP, "http-rpc-epmap"},
    {623, UDP, "asf-rmcp"},
    {631, TCP | UDP, "ipp"},
    {636, TCP | UDP, "ldaps"},
    {639, TCP, "msdp"},
    {646, TCP | UDP, "ldp"},
    {655, TCP | UDP, "tinc"},
    {674, TCP, "acap"},
    {694, UDP, "ha-cluster"},
    {700, TCP, "epp"},
    {749, TCP | UDP, "kerberos-adm"},
    {830, TCP, "netconf-ssh"},
    {847, TCP, "dhcp-failover2"},
    {853, TCP | UDP, "domain-s"},
    {860, TCP, "iscsi"},
    {873, TCP, "rsync"},
    {902, TCP | UDP, "ideafarm-door"},
    {989, TCP, "ftps-data"},
    {990, TCP, "ftps"},
    {992, TCP, "telnets"},
    {993, TCP, "imaps"},
    {994, TCP, "ircs"},
    {995, TCP, "pop3s"},
    {1080, TCP, "socks"},
    {1099, TCP, "rmiregistry"},
    {1194, TCP | UDP, "openvpn"},
    {1214, TCP | UDP, "kazaa"},
    {1352, TCP, "lotusnote"},
    {1433, TCP, "ms-sql-s"},
    {1434, TCP | UDP, "ms-sql-m"},
    {1494, TCP, "ica"},
    {1521, TCP, "ncube-lm"},
    {1645, UDP, "radius-old"},
    {1646, UDP, "radacct-old"},
    {1701, UDP, "l2tp"},
    {1719, UDP, "h323gatestat"},
    {1720, TCP, "h323hostcall"},
    {1723, TCP, "pptp"},
    {1812, TCP | UDP, "radius"},
    {1813, TCP | UDP, "radius-acct"},
    {1883, TCP, "mqtt"},
    {1900, UDP, "ssdp"},
    {1935, TCP, "macromedia-fcs"},
    {1985, UDP, "hsrp"},
    {2000, TCP | UDP, "cisco-sccp"},
    {2049, TCP | UDP, "nfs"},
    {2055, UDP, "iop"},
    {2123, UDP, "gtp-control"},
    {2152, UDP, "gtp-user"},
    {2222, TCP | UDP, "EtherNet-IP-1"},
    {2375, TCP, "docker"},
    {2376, TCP, "docker-s"},
    {2379, TCP, "etcd-client"},
    {2380, TCP, "etcd-server"},
    {2401, TCP, "cvspserver"},
    {2404, TCP, "iec-104"},
    {2427, UDP, "mgcp-gateway"},
    {2628, TCP, "dict"},
    {2727, UDP, "mgcp-callagent"},
    {2775, TCP, "smpp"},
    {2905, TCP | SCTP, "m3ua"},
    {2944, TCP | UDP | SCTP, "megaco-h248"},
    {2945, TCP | UDP | SCTP, "h248-binary"},
    {2947, TCP, "gpsd"},
    {3050, TCP | UDP, "gds-db"},
    {3128, TCP, "ndl-aas"},
    {3130, UDP, "icpv2"},
    {3205, TCP | UDP, "isns"},
    {3260, TCP, "iscsi-target"},
    {3268, TCP, "msft-gc"},
    {3269, TCP, "msft-gc-ssl"},
    {3306, TCP, "mysql"},
    {3389, TCP | UDP, "ms-wbt-server"},
    {3478, TCP | UDP, "stun"},
    {3493, TCP, "nut"},
    {3528, TCP, "jboss-iiop"},
    {3544, UDP, "teredo"},
    {3632, TCP, "distcc"},
    {3649, TCP, "tftps"},
    {3689, TCP, "daap"},
    {3690, TCP, "svn"},
    {3702, UDP, "ws-discovery"},
    {3784, UDP, "bfd-control"},
    {3785, UDP, "bfd-echo"},
    {3868, TCP | SCTP, "diameter"},
    {3935, TCP | UDP, "sdp-portmapper"},
    {4189, TCP, "pcep"},
    {4369, TCP, "epmd"},
    {4433, TCP | UDP, "vop"},
    {4460, TCP, "ntske"},
    {4500, UDP, "ipsec-nat-t"},
    {4569, UDP, "iax"},
    {4662, TCP, "oms"},
    {4739, TCP | UDP | SCTP, "ipfix"},
    {4740, TCP | UDP | SCTP, "ipfixs"},
    {4789, UDP, "vxlan"},
    {4840, TCP, "opcua-tcp"},
    {4899, TCP, "radmin-port"},
    {5004, UDP, "avt-profile-1"},
    {5005, UDP, "avt-profile-2"},
    {5060, TCP | UDP | SCTP, "sip"},
    {5061, TCP | UDP | SCTP, "sips"},
    {5093, UDP, "sentinel-lm"},
    {5190, TCP, "aol"},
    {5222, TCP, "xmpp-client"},
    {5246, UDP, "capwap-control"},
    {5247, UDP, "capwap-data"},
    {5269, TCP, "xmpp-server"},
    {5349, TCP | UDP, "stuns"},
    {5351, UDP, "nat-pmp"},
    {5353, UDP, "mdns"},
    {5355, TCP | UDP, "llmnr"},
    {5357, TCP, "wsdapi"},
    {5432, TCP, "postgresql"},
    {5445, TCP, "smbdirect"},
    {5631, TCP, "pcanywheredata"},
    {5632, UDP, "pcanywherestat"},
    {5666, TCP, "nrpe"},
    {5667, TCP, "nsca"},
    {5671, TCP, "amqps"},
    {5672, TCP | SCTP, "amqp"},
    {5683, TCP | UDP, "coap"},
    {5684, TCP | UDP, "coaps"},
    {5858, TCP, "node-inspect"},
    {5900, TCP, "rfb"},
    {5938, TCP | UDP, "teamviewer"},
    {5984, TCP, "couchdb"},
    {5985, TCP, "wsman"},
    {5986, TCP, "wsmans"},
    {6000, TCP, "x11"},
    {6001, TCP, "x11-1"},
    {6081, UDP, "geneve"},
    {6343, UDP, "sflow"},
    {6346, TCP | UDP, "gnutella-svc"},
    {6347, TCP | UDP, "gnutella-rtr"},
    {6379, TCP, "redis"},
    {6432, TCP, "pgbouncer"},
    {6443, TCP, "sun-sr-https"},
    {6514, TCP | UDP, "syslog-tls"},
    {6653, TCP, "openflow"},
    {6665, TCP, "ircu-1"},
    {6666, TCP, "ircu-2"},
    {6667, TCP, "ircu-3"},
    {6668, TCP, "ircu-4"},
    {6669, TCP, "ircu-5"},
    {6697, TCP, "ircs-u"},
    {6881, TCP | UDP, "bittorrent"},
    {7000, UDP, "afs3-fileserver"},
    {7001, UDP, "afs3-callback"},
    {7002, UDP, "afs3-prserver"},
    {7003, UDP, "afs3-vlserver"},
    {7400, UDP, "rtps-discovery"},
    {7401, UDP, "rtps-dd-ut"},
    {7474, TCP, "neo4j"},
    {7547, TCP, "cwmp"},
    {8008, TCP, "http-alt"},
    {8080, TCP, "http-alt"},
    {8086, TCP, "influxdb"},
    {8089, TCP, "splunkd"},
    {8118, TCP, "privoxy"},
    {8125, UDP, "statsd"},
    {8140, TCP, "puppet"},
    {8333, TCP, "bitcoin"},
    {8443, TCP, "pcsync-https"},
    {8554, TCP, "rtsp-alt"},
    {8805, UDP, "pfcp"},
    {8883, TCP, "secure-mqtt"},
    {8888, TCP, "ddi-tcp-1"},
    {9042, TCP, "cassandra"},
    {9092, TCP, "kafka"},
    {9100, TCP, "hp-pdl-datastr"},
    {9101, TCP, "bacula-dir"},
    {9102, TCP, "bacula-fd"},
    {9103, TCP, "bacula-sd"},
    {9389, TCP, "adws"},
    {9418, TCP, "git"},
    {10000, TCP, "ndmp"},
    {10050, TCP, "zabbix-agent"},
    {10051, TCP, "zabbix-trapper"},
    {10250, TCP, "kubelet"},
    {11211, TCP | UDP, "memcache"},
    {11371, TCP, "hkp"},
    {13720, TCP, "netbackup"},
    {17500, TCP | UDP, "db-lsp"},
    {19132, UDP, "minecraft-bedrock"},
    {19302, TCP | UDP, "google-stun"},
    {20000, TCP | UDP, "dnp"},
    {25565, TCP, "minecraft"},
    {25672, TCP, "rabbitmq-dist"},
    {25826, UDP, "collectd"},
    {26000, UDP, "quake"},
    {27015, TCP | UDP, "steam"},
    {27017, TCP, "mongodb"},
    {27018, TCP, "mongodb-shard"},
    {27960, UDP, "quake3"},
    {36412, SCTP, "s1-control"},
    {36422, SCTP, "x2-control"},
    {38412, SCTP, "ng-control"},
    {38422, SCTP, "xn-control"},
    {44818, TCP | UDP, "EtherNet-IP-2"},
    {47808, UDP, "bacnet"},
    {51820, UDP, "wireguard"},
    {64738, TCP | UDP, "murmur"},
};

/* UDP-Lite and DCCP have the ports of UDP. */
static uint8_t bit_of(uint8_t protocol)
{
    enum { NUMBER_TCP = 6, NUMBER_UDP = 17, NUMBER_DCCP = 33, NUMBER_SCTP = 132, NUMBER_UDP_LITE = 136 };

    switch (protocol) {
    case NUMBER_TCP:
        return TCP;
    case NUMBER_UDP:
    case NUMBER_DCCP:
    case NUMBER_UDP_LITE:
        return UDP;
    case NUMBER_SCTP:
        return SCTP;
    default:
        return 0;
    }
}

static int compare(const void *port, const void *row)
{
    return (int)*(const uint16_t *)port - (int)((const service *)row)->port;
}

/* A port has at most two rows, one beside the other. */
static const service *find(uint8_t protocol, uint16_t port)
{
    const uint8_t bit = bit_of(protocol);
    const service *end = services + sizeof services / sizeof *services;
    const service *found = bsearch(&port, services, (size_t)(end - services), sizeof *services, compare);

    if (!found)
        return NULL;
    if (found > services && found[-1].port == port)
        found--;
    for (; found < end && found->port == port; found++)
        if ((found->protocols & bit) != 0)
            return found;
    return NULL;
}

const char *fz_service_name(uint8_t protocol, uint16_t port)
{
    const service *found = find(protocol, port);

    return found ? found->name : NULL;
}

bool fz_service_is_known(uint8_t protocol, uint16_t port)
{
    enum { SYSTEM_PORTS = 1024 };

    return port < SYSTEM_PORTS ? port != 0 : find(protocol, port) != NULL;
}

/* What people say for some of the registry's names. */
static const char *registered(const char *name)
{
    static const char *const said[][2] = {{"dns", "domain"},        {"smb", "microsoft-ds"},    {"dhcp", "bootps"},
                                          {"rdp", "ms-wbt-server"}, {"postgres", "postgresql"}, {"quic", "https"}};

    for (size_t i = 0; i < G_N_ELEMENTS(said); i++)
        if (g_ascii_strcasecmp(said[i][0], name) == 0)
            return said[i][1];
    return name;
}

bool fz_service_find(const char *name, uint8_t *protocol, uint16_t *port)
{
    name = registered(name);
    for (size_t i = 0; i < G_N_ELEMENTS(services); i++) {
        if (g_ascii_strcasecmp(services[i].name, name) != 0)
            continue;
        *port = services[i].port;
        *protocol = services[i].protocols == TCP ? 6 : services[i].protocols == UDP ? 17 : 0;
        return true;
    }
    return false;
}
