/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kinds of netdev that are ports of a switch. */
#ifndef DATAPATH_LINKS_PORT_KIND_H
#define DATAPATH_LINKS_PORT_KIND_H

enum port_kind {
	PORT_OTHER,		/* somebody else's */
	PORT_LOCAL,		/* the switch itself: dom0's own port */
	PORT_UPLINK,		/* a NIC or bond */
	PORT_VIF,		/* netback's netdev of a VM */
	PORT_TAP,		/* the emulated twin of such a one */
	PORT_TUNNEL,		/* a VXLAN, GRE or Geneve device, made for the purpose */
	PORT_SENSOR,		/* where a mirror's copies go */
	PORT_KIND_COUNT
};

#endif /* DATAPATH_LINKS_PORT_KIND_H */
