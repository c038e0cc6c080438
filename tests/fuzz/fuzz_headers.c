/* Fuzz target for the header walk. The first two bytes are the link type, the highest two of them
 * those without a LINKTYPE_ number, the third how much of the frame was cut off.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "headers.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each frame is copied into memory of exactly its size, so that the sanitizer sees a read beyond it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3 || size > UINT16_MAX)
        return 0;
    const int told = data[0] << 8 | data[1];
    const int linktype = told == UINT16_MAX ? FZ_LINK_WELLFLEET : told == UINT16_MAX - 1 ? FZ_LINK_INFINIBAND_IP : told;
    const uint32_t captured = (uint32_t)size - 3, wire = captured + data[2] * 16u;
    uint8_t *frame = malloc(MAX(captured, 1));
    if (!frame)
        return 0;
    memcpy(frame, data + 3, captured);

    fz_packet packet;
    fz_layer unwalked = {FZ_LAYER_LINK_TYPE, 0};
    const fz_verdict verdict = fz_headers_frame(linktype, frame, captured, wire, &packet, &unwalked);
    if (verdict == FZ_FRAME_IP) {
        const bool four = packet.family == FZ_IPV4;
        if ((!four && packet.family != FZ_IPV6) || packet.ip_bytes < (four ? 20 : 40) || packet.tcp_flags > 0xfff)
            abort();
    }
    if (verdict > FZ_FRAME_UNWALKED || (verdict == FZ_FRAME_UNWALKED && unwalked.kind >= FZ_LAYER_KINDS))
        abort();
    if (packet.vlan > 0xfff)
        abort();
    fz_headers_ip(frame, captured, wire, &packet);
    free(frame);
    return 0;
}
