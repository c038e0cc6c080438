"""The layers of a frame, as tshark lists them in frame.protocols, of every version. SPDX-License-Identifier: GPL-2.0-or-later
"""


def layers_of(protocols, v4, v6):
    """Since 4.4 Wireshark lists no layer of the IP header right behind MPLS labels, though it dissects it: it is put back. `v4` and `v6`: whether
    the frame has headers of that version."""
    layers = protocols.split(":")
    headers = [name for name, is_there in (("ip", v4), ("ipv6", v6)) if is_there]
    labels = max((at for at, name in enumerate(layers) if name == "mpls"), default=-1)
    behind = layers[labels + 1:]
    if labels < 0 or not headers or {"ip", "ipv6"} & set(layers[:labels]) or (behind and behind[0].startswith("pw")):
        return layers
    unlisted = [name for name in headers if name not in behind]
    if not unlisted and behind[0] not in headers:
        unlisted = headers[:1]
    return layers[:labels + 1] + unlisted[:1] + behind
