/* FlowZone in the window's menu Statistics.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_MENU_H
#define FZ_MENU_H

/* Registers the submenu: the dialogs of tables, and the export of conversations. */
void fz_menu_register(void);

#endif
