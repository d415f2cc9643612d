// SPDX-License-Identifier: GPL-2.0-or-later
/* Every command: its words, what may follow them, and what it is for. */
#include "base/cleanup.h"
#include "vifctl/flow/flow-commands.h"
#include "vifctl/policy.h"
#include "vifctl/policy/object.h"
#include "vifctl/vifctl.h"

#define ANY	(-1)
#define TABLE	(OPTION_TABLE | OPTION_FILTER)
#define LIST	(TABLE | OPTION_REPEAT)

#define PORT_HELP \
	"PORT is a netdev (vif3.0), or a VM by name, UUID or domid, with\n" \
	"/DEVID for one of its interfaces; netdev:, name:, uuid: or domid:\n" \
	"in front say which."
#define FILTER_HELP \
	"FILTER is one of the following; if there are several, all must fit:\n" \
	"  proto=tcp          or another word or number\n" \
	"  addr=10.0.0.0/8    one end is in it\n" \
	"  port=8000-8080     one end has it\n" \
	"  state=established\n" \
	"  vlan=100           0: untagged\n" \
	"  zone=5             of flow tables"
#define VM_HELP \
	"VM is a UUID, also of a VM that nobody knows yet, or a name that the\n" \
	"database or this host knows. DEVID is 0 unless given.\n" SET_HELP
#define SET_HELP \
	"KEY= empties a field; of a list, KEY+=VALUE adds to it and KEY-=VALUE takes out of it."
#define MIRROR_HELP \
	"Whose frames are copied is said by vms, netdevs and switches; where copies go by\n" \
	"one of to, to-netdev, to-vlan and to-remote. VMs are named as in port set."
#define EXPORTER_HELP \
	"What is told is said by format, to whom by to. Whose traffic it is, by vms, labels,\n" \
	"netdevs and switches; without any of them, every port's. VMs are named as in port set.\n" \
	"Each host's vifexportd sends what that host's ports carry."
#define NETWORK_HELP \
	"A VLAN of a switch that goes on behind a tunnel, to the hosts of the pool that tell their\n" \
	"addresses and to remotes: vifctl network add blue switch=xenbr0 vlan=100 key=5100\n" \
	"remotes=192.0.2.2. Key, kind and udp-port are the same on every host. With\n" \
	"encrypt=wireguard it is between the hosts of the pool alone, and none can read it on the way.\n" \
	"With kind=lisp it carries IP packets to where map says: map=10.2.0.0/16=192.0.2.2,..."
#define UPLINK_HELP \
	"NAME is one of the uplinks of a switch (vifctl switch set SWITCH uplinks=NAME), which\n" \
	"says that it is one. With members it is a bond, which vifswitchd makes. What would\n" \
	"interrupt one in use is refused, unless --yes is given."
#define MOVE_HELP \
	"An uplink that another switch has is refused, unless --move is given: then that\n" \
	"switch loses it. Its VLANs stay as they were; --dry-run tells who is cut off."

#define FLOW_VM_HELP \
	"With vm=VM[,devid=N] in the match, or vm:VM[/N] for a port, it is kept in the database, and\n" \
	"holds for whichever port the VM's interface has, on every host; flow del SWITCH vm=VM ends it.\n"
#define FLOW_OWN_HELP \
	"What would cut off this host (ARP and ssh by the switch's own port) is refused without --yes.\n"
#define FLOW_HELP \
	"FLOW and MATCH are as ovs-fields(7) and ovs-actions(7) have them, of what docs/openflow.md\n" \
	"says is carried out: table=1,priority=5,tcp,nw_src=10.0.0.0/8,tp_dst=80,actions=output:vif3.0\n" \
	"SWITCH is one with openflow=on, whose vifofd is asked; unix:PATH is its socket."

#define POOL_HELP \
	"URLs are those of etcd's members, https://HOST:PORT. KEY=VALUE are ca=, cert= and key=,\n" \
	"files with what etcd is checked by and shown (/etc/vifswitch/db/etcd-ca.pem, -cert.pem and\n" \
	"-key.pem unless given), host=NAME in the pool, and prefix= of its keys. Certificates,\n" \
	"members, their versions and clocks are looked at first; then vifdbd's unit gets a drop-in,\n" \
	"and vifdbd begins anew. --dry-run shows the drop-in.\n" \
	"Without etcd, for two hosts: init ssl:ADDRESS:PORT hosts=ADDRESS,... has this host's vifdbd\n" \
	"serve the others there; join ssl:ADDRESS:PORT has vifswitchd follow it, with a copy for\n" \
	"when it is away. Files: /etc/vifswitch/db/host-ca.pem, -cert.pem and -key.pem."

#define PACKET_HELP \
	"PACKET is one of\n" \
	"  tcp|udp|sctp SRC[:PORT] DST[:PORT]  addresses IPv4 or IPv6; [ADDR6]:PORT\n" \
	"  icmp|icmp6|ip:PROTOCOL SRC DST\n" \
	"  arp|arp-reply SENDER TARGET\n" \
	"  ns|na|ra SRC DST\n" \
	"  eth:TYPE\n" \
	"  hex DIGITS                          a frame from its Ethernet header on\n" \
	"  pcap FILE [NUMBER]\n" \
	"and behind it, but for hex and pcap: from=MAC to=MAC vlan=N pcp=N flags=syn,ack\n" \
	"type=N code=N target=ADDR6 fragment=first|later len=OCTETS; last of all state=new or\n" \
	"state=established (an answer), else the ports' tables are asked. DST and the MAC of to= may\n" \
	"be a VM here (tcp SRC db:443, to=db/1). Exit status 1: dropped."

/* name, operands, min, max, options, fields, summary, help, run */
#define ASK(name, operands, max, summary, help, run) \
	{ name, operands, 0, max, 0, -1, summary, help, run }
#define CHANGE(name, operands, min, max, fields, summary, help, run) \
	{ name, operands, min, max, OPTION_CHANGE, fields, summary, help, run }
#define CREATE(name, operands, min, fields, summary, help, run) \
	{ name, operands, min, ANY, OPTION_CHANGE | OPTION_MAY_EXIST, fields, summary, help, run }
#define DELETE(name, operands, count, summary, run) \
	{ name, operands, count, count, OPTION_CHANGE | OPTION_IF_EXISTS, -1, summary, "", run }
#define READ(name, operands, min, max, summary, help, run) \
	{ name, operands, min, max, OPTION_DB, -1, summary, help, run }
#define READ_LIST(name, operands, max, summary, help, run) \
	{ name, operands, 0, max, OPTION_DB | LIST, -1, summary, help, run }

const struct command vifctl_commands[] = {
	{ "show", "", 0, 0, OPTION_REPEAT | OPTION_GRAPH, -1,
	  "the switches, their uplinks, VMs and ports, as a tree",
	  "Also lists ports that wait or failed, with the reason. --tree is what is printed unless\n"
	  "told otherwise; --dot prints a graph for graphviz, as in: vifctl show --dot | dot -Tsvg",
	  run_show },
	{ "port list", "", 0, 0, LIST, -1, "every port, one a line", "Those with an error come first.",
	  run_port_list },
	{ "port show", "PORT", 1, 1, OPTION_REPEAT | OPTION_HITS, -1,
	  "everything about a VM's ports or about one port",
	  "With --hits: the rules of its ACL that decided there, on this host and where it was before.\n\n"
	  PORT_HELP, run_port_show },
	{ "port rates", "[PORT]", 0, 1, TABLE | OPTION_WATCH, -1,
	  "what ports carry now, beside their limits",
	  "Measured over one second from the switch's counters, which count what the\n"
	  "switch let through, in whole frames without FCS. With --follow again and again.\n\n"
	  PORT_HELP, run_port_rates },
	{ "top", "[PORT]", 0, 1, TABLE | OPTION_WATCH, -1,
	  "what ports carry and drop, second by second, the busiest first",
	  "Until interrupted, or as --count and --seconds say. REASON is that of most drops.\n\n"
	  PORT_HELP, run_top },
	READ_LIST("port policy", "[VM[/DEVID]]", 1, "what the database says of VMs' ports", VM_HELP,
	     run_port_policy),
	CHANGE("port set", "VM[/DEVID] KEY=VALUE...", 2, ANY, OBJECT_PORT,
	       "changes the policy of a VM's port", VM_HELP, run_port_set),
	CHANGE("port clear", "VM[/DEVID] [KEY...]", 1, ANY, OBJECT_PORT,
	       "empties fields, or forgets all policy of the port", VM_HELP, run_port_clear),
	CREATE("port attach", "NETDEV SWITCH vm-macs=MAC... [KEY=VALUE...]", 3, OBJECT_UPLINK,
	       "makes a netdev the port of a VM that Xen does not know, such as a tap of QEMU's",
	       "The netdev may come later. What it sends from other addresses is dropped.",
	       run_port_attach),
	DELETE("port detach", "NETDEV", 1, "forgets a netdev that was attached", run_port_detach),
	{ "fdb list", "[PORT]", 0, 1, LIST, -1, "which MAC address is behind which port",
	  "With PORT, only addresses behind it.\n\n" PORT_HELP, run_fdb_list },
	{ "multicast list", "[PORT]", 0, 1, LIST, -1, "which port wants which multicast group",
	  "Of switches with multicast-snooping. (router): all groups go there, for a multicast\n"
	  "router was heard or is set; (reports): an uplink, which hears what VMs report.\n"
	  "LEFT: until it is out, if it says nothing more. With PORT, only what that port wants.\n\n"
	  PORT_HELP, run_multicast_list },
	{ "vf list", "", 0, 0, LIST, -1, "virtual functions of NICs, whose they are, what they are held to",
	  "Of the NICs that vifswitch.conf lists as vfs.\n\n"
	  "STATE: free, no VM has it; waiting, its VM or the policy is not known yet;\n"
	  "without-policy, no Port of its VM has vf=true for it; refused, the Port asks for what\n"
	  "cannot be; held, the same, but it stays as it was; wanted, it is held to what follows.\n"
	  "All but those that wait, are held or wanted are closed.", run_vf_list },
	{ "session list", "[PORT] [FILTER...]", 0, ANY, LIST, -1,
	  "what ports remember of what stateful rules or flow tables allowed",
	  "An arrow points away from who began it. AGE is since then, LEFT until it is forgotten if\n"
	  "nothing comes any more. Traffic is packets/octets. States are in vifswitch-acl(7). What\n"
	  "the ct action of flow tables began comes after what rules did, with its zone.\n\n"
	  FILTER_HELP "\n\n" PORT_HELP, run_session_list },
	{ "session flush", "PORT [FILTER...]", 1, ANY, 0, -1,
	  "makes a port forget its sessions, or those that fit",
	  "Answers to them do not pass any more, until who began one goes on.\n\n"
	  FILTER_HELP "\n\n" PORT_HELP, run_session_flush },
	{ "drops", "[PORT]", 0, 1, OPTION_WATCH | OPTION_CAPTURE | OPTION_RESET | OPTION_ALL | LIST, -1,
	  "frames dropped, by port and reason, or as they are with --follow",
	  "Reasons whose word starts with \"to-\" are counted at the port the frame would have\n"
	  "left by, all others at the port it came from. With --follow each line is a frame that\n"
	  "was dropped, also those of PORT that another did not take; a port shows at most 10 a\n"
	  "second.\n\n" PORT_HELP, run_drops },
	{ "record", "PORT", 1, 1, OPTION_WATCH | OPTION_FILTER | OPTION_WRITE, -1,
	  "a VM's frames, each with what the switch did with it and why",
	  "Both directions, also what was dropped. -w FILE writes them for Wireshark (pcapng; - is\n"
	  "standard output), the verdict as each packet's comment; without it they are lines of\n"
	  "text. --filter is an expression of pcap-filter(7). Ends after --count (10000) frames or\n"
	  "--seconds (60), or 256 MiB. While it runs no frame of this host goes the short way.\n"
	  "Needs root.\n\n" PORT_HELP, run_record },
	{ "why", "PORT PACKET", 2, ANY, OPTION_ALL, -1, "what becomes of a packet that a port sends, and why",
	  PACKET_HELP "\n\n" PORT_HELP, run_why },
	{ "doctor", "", 0, 0, OPTION_DB, -1, "what is wrong on this host, and what mends it",
	  "Takes 2 seconds, for it looks twice, and changes nothing. Remotes of networks that go in\n"
	  "clear without BFD are sent ICMP echoes meanwhile, if root asks. Exit status 1: something is\n"
	  "wrong; hints alone do not count.", run_doctor },
	{ "migrate-check", "PORT HOST", 2, 2, OPTION_DB, -1,
	  "would a VM's policy hold on another host",
	  "Before a migration: the other host's switches, VLANs, MTU, kernel module and addresses,\n"
	  "as far as it tells the database that both use. Exit status 1: not all of it would.\n\n"
	  PORT_HELP, run_migrate_check },
	{ "events", "", 0, 0, OPTION_WATCH, -1, "what happens: ports, addresses, drops",
	  "Watches for 10 seconds unless told otherwise. JSON is one object a line.", run_events },

	READ_LIST("switch list", "", 0, "the switches of the database, and others that are here", "",
	     run_object_list),
	{ "switch add", "NAME [KEY=VALUE...]", 1, ANY,
	  OPTION_CHANGE | OPTION_MOVE | OPTION_MAY_EXIST, OBJECT_SWITCH, "adds a switch", MOVE_HELP,
	  run_object_create },
	{ "switch set", "NAME KEY=VALUE...", 2, ANY,
	  OPTION_CHANGE | OPTION_MOVE | OPTION_YES, OBJECT_SWITCH,
	  "changes a switch", SET_HELP "\n" MOVE_HELP, run_object_set },
	{ "switch del", "NAME", 1, 1, OPTION_CHANGE | OPTION_YES | OPTION_IF_EXISTS, -1,
	  "deletes a switch", "", run_object_delete },
	READ_LIST("vm list", "", 0, "the VMs of the database, and others that run here", "",
	     run_object_list),
	CHANGE("vm set", "VM KEY=VALUE...", 2, ANY, OBJECT_VM,
	       "gives a VM a name and labels; adds it if it is new", SET_HELP, run_vm_set),
	DELETE("vm del", "VM", 1, "forgets a VM's name and labels; its ports' policy stays",
	       run_vm_delete),

	READ_LIST("acl list", "", 0, "the ACLs, and on which hosts ports have them", "", run_acl_list),
	{ "acl show", "NAME", 1, 1, OPTION_DB | OPTION_HITS, -1, "an ACL and its rules",
	  "With --hits it is vifswitchd that answers, and tells of the built-in rules too.",
	  run_acl_show },
	CREATE("acl create", "NAME [KEY=VALUE...]", 1, OBJECT_ACL, "adds an ACL without rules", "",
	       run_object_create),
	CHANGE("acl set", "NAME KEY=VALUE...", 2, ANY, OBJECT_ACL, "changes an ACL's defaults",
	       SET_HELP, run_object_set),
	CHANGE("acl rename", "NAME NEW", 2, 2, -1, "gives an ACL another name", "", run_object_rename),
	DELETE("acl delete", "NAME", 1, "deletes an ACL and its rules", run_object_delete),
	CREATE("acl rule add", "ACL RULE [before=RULE|after=RULE|at=N] KEY=VALUE...", 3,
	       OBJECT_RULE, "adds a rule, at the end unless told otherwise",
	       "at=1 is the first place.", run_rule_add),
	CHANGE("acl rule set", "ACL RULE KEY=VALUE...", 3, ANY, OBJECT_RULE, "changes a rule",
	       SET_HELP, run_rule_set),
	DELETE("acl rule del", "ACL RULE", 2, "deletes a rule", run_rule_delete),
	CHANGE("acl rule move", "ACL RULE before=RULE|after=RULE|at=N", 3, 3, -1,
	       "moves a rule to another place", "at=1 is the first place.", run_rule_move),
	READ_LIST("group list", "", 0, "the groups of addresses", "", run_object_list),
	READ("group show", "NAME", 1, 1, "a group", "", run_object_show),
	CREATE("group create", "NAME [KEY=VALUE...]", 1, OBJECT_GROUP, "adds a group", "",
	       run_object_create),
	CHANGE("group set", "NAME KEY=VALUE...", 2, ANY, OBJECT_GROUP, "replaces what a group has",
	       SET_HELP, run_object_set),
	CHANGE("group add", "NAME KEY=VALUE...", 2, ANY, OBJECT_GROUP,
	       "adds addresses or VMs to a group", "", run_group_add),
	CHANGE("group remove", "NAME KEY=VALUE...", 2, ANY, OBJECT_GROUP,
	       "takes addresses or VMs out of a group", "", run_group_remove),
	CHANGE("group rename", "NAME NEW", 2, 2, -1, "gives a group another name", "", run_object_rename),
	DELETE("group delete", "NAME", 1, "deletes a group", run_object_delete),
	READ_LIST("qos list", "", 0, "the QoS profiles", "", run_object_list),
	READ("qos show", "NAME", 1, 1, "a QoS profile", "", run_object_show),
	CREATE("qos create", "NAME [KEY=VALUE...]", 1, OBJECT_QOS, "adds a QoS profile", "",
	       run_object_create),
	CHANGE("qos set", "NAME KEY=VALUE...", 2, ANY, OBJECT_QOS, "changes a QoS profile",
	       SET_HELP, run_object_set),
	CHANGE("qos rename", "NAME NEW", 2, 2, -1, "gives a QoS profile another name", "", run_object_rename),
	DELETE("qos delete", "NAME", 1, "deletes a QoS profile", run_object_delete),

	READ("mirror list", "", 0, 0, "the mirrors, and how they do on this host", "", run_mirror_list),
	READ("mirror show", "NAME", 1, 1, "a mirror, how it does on this host, and what it copied", "",
	     run_mirror_show),
	CREATE("mirror add", "NAME KEY=VALUE...", 2, OBJECT_MIRROR, "adds a mirror", MIRROR_HELP,
	       run_object_create),
	CHANGE("mirror set", "NAME KEY=VALUE...", 2, ANY, OBJECT_MIRROR, "changes a mirror",
	       MIRROR_HELP "\n" SET_HELP, run_object_set),
	CHANGE("mirror rename", "NAME NEW", 2, 2, -1, "gives a mirror another name", "",
	       run_object_rename),
	DELETE("mirror del", "NAME", 1, "deletes a mirror", run_object_delete),

	READ("exporter list", "", 0, 0, "the exporters of flows and samples, and how they do on this host",
	     "", run_exporter_list),
	READ("exporter show", "NAME", 1, 1, "an exporter, and how its collectors do on this host", "",
	     run_exporter_show),
	CREATE("exporter add", "NAME KEY=VALUE...", 2, OBJECT_EXPORTER, "adds an exporter",
	       EXPORTER_HELP, run_object_create),
	CHANGE("exporter set", "NAME KEY=VALUE...", 2, ANY, OBJECT_EXPORTER, "changes an exporter",
	       EXPORTER_HELP "\n" SET_HELP, run_object_set),
	CHANGE("exporter rename", "NAME NEW", 2, 2, -1, "gives an exporter another name", "",
	       run_object_rename),
	DELETE("exporter del", "NAME", 1, "deletes an exporter", run_object_delete),

	CREATE("uplink add", "NAME [KEY=VALUE...]", 1, OBJECT_UPLINK,
	       "says what an uplink is made of and carries", UPLINK_HELP, run_object_create),
	{ "uplink set", "NAME KEY=VALUE...", 2, ANY, OPTION_CHANGE | OPTION_YES, OBJECT_UPLINK,
	  "changes an uplink", UPLINK_HELP "\n" SET_HELP, run_object_set },
	{ "uplink del", "NAME", 1, 1, OPTION_CHANGE | OPTION_YES | OPTION_IF_EXISTS, -1,
	  "forgets what was said of an uplink", UPLINK_HELP, run_object_delete },
	READ_LIST("uplink list", "", 0, "what the database says of uplinks", "", run_object_list),

	READ("network list", "", 0, 0, "the networks over IP, and how they do on this host", "",
	     run_network_list),
	READ("network show", "NAME", 1, 1, "a network over IP, how it does on this host, and its remotes", "",
	     run_network_show),
	CREATE("network add", "NAME KEY=VALUE...", 2, OBJECT_NETWORK, "adds a network over IP",
	       NETWORK_HELP, run_object_create),
	CHANGE("network set", "NAME KEY=VALUE...", 2, ANY, OBJECT_NETWORK, "changes a network over IP",
	       NETWORK_HELP "\n" SET_HELP, run_object_set),
	CHANGE("network rename", "NAME NEW", 2, 2, -1, "gives a network another name", "",
	       run_object_rename),
	{ "network rekey", "", 0, 0, 0, -1,
	  "renews this host's older key of networks with encrypt=wireguard",
	  "They are renewed each day by themselves. It takes half a minute, for other hosts go over to\n"
	  "the other key first: no packet is lost.", run_network_rekey },
	{ "network unseal", "SWITCH VLAN", 2, 2, 0, -1,
	  "lets uplinks carry the VLAN of a network that was encrypted again",
	  "After such a network is deleted they do not while a VM here uses the VLAN, so that nothing\n"
	  "of it leaves in clear.", run_network_unseal },
	DELETE("network del", "NAME", 1, "deletes a network over IP", run_object_delete),

	{ "edit", "switch|vm|group|acl|qos|port|mirror|exporter|uplink|network NAME", 2, 2,
	  OPTION_CHANGE | OPTION_MOVE | OPTION_YES, -1,
	  "opens an object in $VISUAL or $EDITOR and saves what was made of it",
	  "What somebody else changed meanwhile is not overwritten.", run_edit },
	{ "apply", "FILE", 1, 1, OPTION_CHANGE | OPTION_PRUNE | OPTION_MOVE | OPTION_YES |
	  OPTION_CONFIRM, -1,
	  "makes the database say what a file says",
	  "The file is YAML or JSON, see vifctl-policy(5); - is standard input. What is not in\n"
	  "the file stays, but with --prune what the file does not have goes, of the kinds it has.\n"
	  "With --confirm SECONDS all of it goes back then, unless \"vifctl confirm\" comes before,\n"
	  "whatever becomes of this session, this vifctl or the host.\n"
	  MOVE_HELP,
	  run_apply },
	{ "batch", "FILE", 1, 1, OPTION_CHANGE | OPTION_MOVE | OPTION_YES, -1,
	  "several changing commands in one transaction: all or none",
	  "A line is a command as it is typed, with or without \"vifctl\": of switch, vm, port, acl,\n"
	  "group and qos. # begins a comment; - is standard input. A line sees what those before\n"
	  "it did.", run_batch },
	{ "confirm", "[ID]", 0, 1, OPTION_DB, -1,
	  "lets stay what \"apply --confirm\" changed", "ID is that of vifctl history.", run_confirm },
	READ_LIST("history", "[ID | [KIND] NAME]", 2, "who changed policy, when, and what",
	     "Of one change (ID), of one object (acl web, port web/0, VMs by name), or of all that\n"
	     "the database keeps: the last 1,000 that fit into 4 MiB.", run_history),
	{ "rollback", "ID", 1, 1, OPTION_CHANGE | OPTION_OVERWRITE | OPTION_YES, -1,
	  "takes a change back",
	  "By a new change, whose differences are shown first; --dry-run shows them only. What was\n"
	  "changed since is not touched: then all of it is refused, unless --overwrite is given.",
	  run_rollback },
	{ "diff", "FILE", 1, 1, OPTION_DB | OPTION_PRUNE, -1,
	  "what apply would change; exit status 1 if anything", "", run_diff },
	READ("export", "[KIND...]", 0, ANY, "the database's policy as a file for apply",
	     "KIND is switches, vms, groups, acls, qos, ports, mirrors, exporters, uplinks or networks; all unless given.", run_export),

	READ("db list", "TABLE [RECORD...]", 1, ANY, "rows of a table", "", run_db_list),
	READ("db find", "TABLE [COLUMN=VALUE...]", 1, ANY, "rows that have these values", "",
	     run_db_find),
	READ("db get", "TABLE RECORD [COLUMN[:KEY]...]", 2, ANY, "values of one row", "", run_db_get),
	CHANGE("db set", "TABLE RECORD COLUMN[:KEY]=VALUE...", 3, ANY, -1, "sets values of one row",
	       "", run_db_set),
	CHANGE("db add", "TABLE RECORD COLUMN VALUE...", 4, ANY, -1,
	       "adds to a set, or KEY=VALUE to a map", "", run_db_add),
	CHANGE("db remove", "TABLE RECORD COLUMN VALUE...", 4, ANY, -1,
	       "takes out of a set, or a KEY out of a map", "", run_db_remove),
	CHANGE("db clear", "TABLE RECORD COLUMN...", 3, ANY, -1, "empties columns", "",
	       run_db_clear),
	CHANGE("db create", "TABLE [COLUMN=VALUE...]", 1, ANY, -1, "adds a row", "", run_db_create),
	CHANGE("db destroy", "TABLE RECORD...", 2, ANY, -1, "deletes rows", "", run_db_destroy),
	READ("db backup", "FILE", 1, 1, "saves the database over the connection",
	     "Never overwrites a file; - is standard output.", run_db_backup),
	CHANGE("db restore", "FILE", 1, 1, -1, "makes the database what a backup says",
	       "One transaction. What hosts report of themselves stays.", run_db_restore),
	{ "monitor", "[TABLE [COLUMN...]]", 0, ANY, OPTION_DB | OPTION_WATCH, -1,
	  "changes of the database as they happen, one line each",
	  "Until interrupted, unless told otherwise.", run_monitor },

	{ "pool init", "URL[,URL...] [KEY=VALUE...]", 1, ANY, OPTION_CHANGE, -1,
	  "makes a pool of this host's database", POOL_HELP, run_pool_init },
	{ "pool join", "URL[,URL...] [KEY=VALUE...]", 1, ANY, OPTION_CHANGE, -1,
	  "takes a pool's database in place of this host's", POOL_HELP, run_pool_join },
	{ "pool leave", "", 0, 0, OPTION_CHANGE | OPTION_YES, -1,
	  "goes on alone, with this host's copy of the pool's database",
	  "A host that joined ssl:ADDRESS:PORT follows its own database again. While that answers and\n"
	  "has no ports, --yes is needed: policy that this host has from the other's would be gone.",
	  run_pool_leave },
	READ("pool status", "", 0, 0, "how this host's database stands in its pool",
	     "Exit status 1: it is not in step, or nothing can be stored.", run_pool_status),

	/* The longer name first: it is looked for in this order. */
	{ "reload confirm", "", 0, 0, 0, -1,
	  "lets the file stay in force that was read with --confirm", "", run_reload_confirm },
	{ "reload", "", 0, 0, OPTION_CONFIRM, -1,
	  "makes vifswitchd read vifswitch.conf again",
	  "With --confirm SECONDS what was in force before is so again when they are over, unless\n"
	  "somebody confirms: whether the session broke, vifswitchd died, or you changed your mind.\n"
	  "The file is not written: edit it, or read it again.", run_reload },
	{ "uplink show", "[UPLINK]", 0, 1, OPTION_REPEAT, -1,
	  "how uplinks do on this host: bonds, their members and LACP", "", run_uplink_show },
	{ "oam show", "[UPLINK|NETDEV]", 0, 1, OPTION_REPEAT, -1,
	  "neighbours (LLDP), continuity checks (CFM) and BFD on the links of uplinks",
	  "vifoamd does them, as \"vifctl uplink set\" says.", run_oam_show },
	{ "openflow show", "[SWITCH]", 0, 1, OPTION_REPEAT, -1,
	  "switches that have flow tables, and how their controllers do",
	  "\"vifctl switch set\" says which do; vifofd speaks with controllers. Their flows:\n"
	  "\"vifctl flow list SWITCH\", or \"ovs-ofctl dump-flows unix:/run/vifofd/SWITCH.mgmt\".",
	  run_openflow_show },
	{ "flow list", "SWITCH [MATCH...]", 1, ANY, 0, -1, "a switch's flows, with what each has done",
	  "As \"vifctl flow replace\" reads it. cookie=N/MASK, out_port and out_group are accepted, too.\n"
	  FLOW_HELP, run_flow_list },
	{ "flow add", "SWITCH FLOW...", 2, ANY, OPTION_CHANGE | OPTION_YES, -1,
	  "adds a flow, or replaces that of its match", FLOW_OWN_HELP FLOW_VM_HELP FLOW_HELP,
	  run_flow_add },
	{ "flow mod", "SWITCH FLOW...", 2, ANY, OPTION_YES | OPTION_STRICT, -1,
	  "gives other actions to the flows that a match covers", FLOW_OWN_HELP FLOW_HELP, run_flow_mod },
	{ "flow del", "SWITCH [MATCH...]", 1, ANY, OPTION_CHANGE | OPTION_YES | OPTION_STRICT, -1,
	  "deletes the flows that a match covers",
	  FLOW_OWN_HELP
	  "Without MATCH all, which needs --yes. With vm=VM[,devid=N] those that the database has of it.\n"
	  FLOW_HELP, run_flow_del },
	{ "flow replace", "SWITCH FILE", 2, 2, OPTION_YES, -1,
	  "makes a switch's flows what a file says, in one step",
	  "All or nothing, and no frame sees some old and some new. One flow a line, # begins a\n"
	  "comment; - is standard input. Flows that stay keep what they counted.\n" FLOW_OWN_HELP FLOW_HELP,
	  run_flow_replace },
	{ "flow diff", "SWITCH FILE", 2, 2, 0, -1,
	  "what flow replace would change; exit status 1 if anything", FLOW_HELP, run_flow_diff },
	{ "flow why", "SWITCH PORT PACKET", 3, ANY, 0, -1,
	  "a packet's way through a switch's flow tables, and the flow that decides",
	  "The tables alone; \"vifctl why\" asks ports' own policy, too, and says what NORMAL comes to.\n"
	  "PORT is one of the switch's, by name or number, or LOCAL. Exit status 1: it is dropped.\n"
	  PACKET_HELP, run_flow_why },
	{ "takeover ovs", "", 0, 0, OPTION_TAKEOVER | OPTION_YES | OPTION_CONFIRM, -1,
	  "moves this host's bridges from Open vSwitch to vifswitch",
	  "Tells what becomes of each interface and what is refused, asks, and moves: ports, dom0's\n"
	  "addresses, and who answers ovs-vsctl (vifovsd). It goes back after --confirm SECONDS (120\n"
	  "unless given) if nobody confirms. --check only tells; --resume goes on with one that was\n"
	  "interrupted, or takes it back.", run_takeover },
	{ "takeover confirm", "", 0, 0, 0, -1, "lets vifswitch keep what it took over", "",
	  run_takeover_confirm },
	{ "takeover show", "", 0, 0, 0, -1, "who is in charge of this host's bridges", "",
	  run_takeover_show },
	{ "giveback", "", 0, 0, OPTION_YES, -1,
	  "gives this host's bridges back to Open vSwitch",
	  "With what its database says by now. Traffic stops until Open vSwitch has started.",
	  run_giveback },
	{ "uplink adopt", "UPLINK|BRIDGE", 1, 1, OPTION_CONFIRM, -1,
	  "moves dom0's addresses and routes from an uplink to its switch",
	  "Of a Linux bridge that has the switch's name, the ports too, VMs' and uplinks'. They go back after --confirm SECONDS (60 unless given) if nobody confirms: whether\n"
	  "the session broke, vifswitchd died, or you changed your mind.", run_uplink_adopt },
	{ "uplink confirm", "UPLINK|BRIDGE", 1, 1, 0, -1,
	  "lets dom0's addresses stay where adopt moved them", "", run_uplink_confirm },
	{ "uplink release", "UPLINK|SWITCH", 1, 1, 0, -1,
	  "moves them back to the uplink, which leaves its switch",
	  "The way back, before and after confirm. A switch becomes a Linux bridge again, with the\n"
	  "uplinks and those VMs whose bridge= is the bare name; others have no network then.", run_uplink_release },
	{ "uplink stanza", "UPLINK|SWITCH ifupdown|networkd|netplan", 2, 2, 0, -1,
	  "the same for the next boot: lines for the host's own configuration",
	  "Printed, never written. From what the switch bears now, or else the uplink.",
	  run_uplink_stanza },

	ASK("log", "[error|warning|notice|info|debug]", 1, "how much vifswitchd logs, or else from now on",
	    "Until it ends; -v in VIFSWITCHD_OPTIONS of /etc/default/vifswitchd is debug from the start.",
	    run_log),
	ASK("version", "", 0, "versions of vifctl, vifswitchd and the kernel module", "",
	    run_version),
	ASK("help", "[COMMAND...]", 3, "this list, or what is to know of a command", "", run_help),
};
const size_t vifctl_command_count = ARRAY_SIZE(vifctl_commands);
