/* hangs [ARGUMENT...]: a program that never ends by itself, whatever it is asked; stands in for a tshark that hangs.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <unistd.h>

int main(void)
{
    for (;;)
        pause();
}
