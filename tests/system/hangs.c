/* hangs [ARGUMENT...]: never ends by itself; takes the place of a tshark that hangs.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <unistd.h>

int main(void)
{
    for (;;)
        pause();
}
