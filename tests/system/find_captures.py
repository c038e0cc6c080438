"""find_captures.py FOLDER: a day of a small network, 06:00 to 12:00 in captures of an hour: one beacon with jitter and beats that are
missing, one that calls thrice each time, one strobe, what looks like them and is none, one scan of servers without answers, one of ports that are refused, one conversation of three hours, and ordinary
clients. SPDX-License-Identifier: GPL-2.0-or-later"""
import random
import socket
import struct
import sys

folder = sys.argv[1]
chance = random.Random(7)
START = 1764223200
packets = []
SYN, ACK, RST, FIN, PSH = 2, 16, 4, 1, 8


def ip(time, protocol, source, target, data):
    header = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(data), 0, 0, 64, protocol, 0, socket.inet_aton(source), socket.inet_aton(target))
    packets.append((time, bytes(12) + b"\x08\x00" + header + data))


def udp(time, source, sport, target, dport, size):
    ip(time, 17, source, target, struct.pack(">HHHH", sport, dport, 8 + size, 0) + bytes(size))


def tcp(time, source, sport, target, dport, flags, size=0):
    ip(time, 6, source, target, struct.pack(">HHIIBBHHH", sport, dport, 1, 1, 0x50, flags, 1024, 0, 0) + bytes(size))


def call(time, source, sport, target, dport, sent, got, lasting=0.5):
    tcp(time, source, sport, target, dport, SYN)
    tcp(time + 0.01, target, dport, source, sport, SYN | ACK)
    tcp(time + 0.02, source, sport, target, dport, ACK)
    tcp(time + 0.03, source, sport, target, dport, ACK | PSH, sent)
    tcp(time + lasting, target, dport, source, sport, ACK | PSH, got)
    tcp(time + lasting + 0.01, source, sport, target, dport, ACK | FIN)


# Beacon: every ten minutes, five seconds of jitter, every twelfth beat missing.
for beat in range(36):
    if beat % 12 != 5:
        call(START + beat * 600 + chance.uniform(-5, 5) + 10, "10.0.1.66", 40000 + beat, "203.0.113.9", 443, 300 + chance.randrange(3), 120)
# Another: three calls within two seconds, every quarter of an hour.
for beat in range(24):
    for call_number in range(3):
        call(START + beat * 900 + chance.uniform(0, 2), "10.0.1.44", 30000 + 3 * beat + call_number, "203.0.113.44", 443, 200, 100)
# None: as many and as even bytes, in all hours, at random.
for number in range(200):
    call(START + chance.uniform(0, 21500), "10.0.1.55", 50000 + number, "203.0.113.55", 443, 250, 100)
# Strobe: 2.5 calls a second for two hours and a quarter.
for beat in range(20250):
    time = START + 3600 + beat * 0.4
    tcp(time, "10.0.1.77", 1024 + beat % 60000, "10.0.3.7", 8125, SYN)
    tcp(time + 0.01, "10.0.3.7", 8125, "10.0.1.77", 1024 + beat % 60000, SYN | ACK)
    tcp(time + 0.02, "10.0.1.77", 1024 + beat % 60000, "10.0.3.7", 8125, ACK | PSH, 20)
# Scan of servers: 200 without an answer, 5 with one.
for host in range(205):
    target = f"10.0.9.{host + 1}"
    tcp(START + 7300 + host, "10.0.1.88", 50000, target, 445, SYN)
    if host % 41 == 40:
        tcp(START + 7300.01 + host, target, 445, "10.0.1.88", 50000, SYN | ACK)
        tcp(START + 7300.02 + host, "10.0.1.88", 50000, target, 445, RST)
# Scan of ports: 300 that are refused, one that is open.
for port in range(1, 302):
    tcp(START + 11000 + port * 0.1, "10.0.1.99", 51000, "10.0.3.3", port, SYN)
    tcp(START + 11000.01 + port * 0.1, "10.0.3.3", port, "10.0.1.99", 51000, SYN | ACK if port == 80 else RST | ACK)
# Three hours, a packet a minute each way, over four captures.
tcp(START + 5400, "10.0.1.5", 42424, "10.0.3.22", 22, SYN)
tcp(START + 5400.1, "10.0.3.22", 22, "10.0.1.5", 42424, SYN | ACK)
for minute in range(1, 181):
    tcp(START + 5400 + minute * 60, "10.0.1.5", 42424, "10.0.3.22", 22, ACK | PSH, 40)
    tcp(START + 5400 + minute * 60 - 0.5, "10.0.3.22", 22, "10.0.1.5", 42424, ACK | PSH, 80)
# To a group for hours, and errors that nobody answers.
for minute in range(0, 300, 5):
    udp(START + minute * 60, "10.0.1.7", 5353, "224.0.0.251", 5353, 50)
for host in range(15):
    ip(START + 500 + host, 1, f"10.0.3.{host + 100}", "10.0.1.7", b"\3\1" + bytes(6) + bytes.fromhex("4500001c00010000401100000a0001070a000364") + bytes(8))
# Ordinary: 12 clients that call 6 servers when they like; some fail.
for number in range(900):
    call(START + chance.uniform(0, 21500), f"10.0.2.{chance.randrange(12) + 1}", 20000 + number, f"198.51.100.{chance.randrange(6) + 1}",
         chance.choice([80, 443]), int(chance.expovariate(1 / 800)) % 1400, int(chance.expovariate(1 / 800)) % 1400, chance.uniform(0.1, 20))
for number in range(12):
    tcp(START + chance.uniform(0, 21500), f"10.0.2.{number + 1}", 30000 + number, "198.51.100.99", 25, SYN)

packets.sort(key=lambda packet: packet[0])
files = {}
for time, frame in packets:
    hour = int((time - START) // 3600)
    if hour not in files:
        files[hour] = open(f"{folder}/{hour}.pcap", "wb")
        files[hour].write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
    micros = round(time * 1000000)
    files[hour].write(struct.pack("<IIII", micros // 1000000, micros % 1000000, len(frame), len(frame)) + frame)
for file in files.values():
    file.close()
