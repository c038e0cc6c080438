/* Zones as conversations and endpoints: the tab FlowZone of both dialogs, and -z conv,flowzone, -z endpoints,flowzone.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_CONVERSATIONS_H
#define FZ_CONVERSATIONS_H

/* Registers both for the protocol "flowzone" of this id. */
void fz_conversations_register(int protocol);

#endif
