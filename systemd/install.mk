# SPDX-License-Identifier: GPL-2.0-or-later
# Where things go. DESTDIR stages; PREFIX and SYSCONFDIR move the rest.
DESTDIR		?=
SBINDIR		?= $(PREFIX)/sbin
HELPERDIR	?= $(PREFIX)/lib/vifswitch
MANDIR		?= $(PREFIX)/share/man
ZSHDIR		?= $(PREFIX)/share/zsh/vendor-completions
FISHDIR		?= $(PREFIX)/share/fish/vendor_completions.d
COMPLETIONDIR	?= $(PREFIX)/share/bash-completion/completions
DATADIR		?= $(PREFIX)/share/vifswitch
COCKPITDIR	?= $(PREFIX)/share/cockpit
DOCDIR		?= $(PREFIX)/share/doc
SYSUSERSDIR	?= $(PREFIX)/lib/sysusers.d
INCLUDEDIR	?= $(PREFIX)/include
LIBDIR		?= $(PREFIX)/lib
UNITDIR		?= $(or $(shell pkg-config --variable=systemdsystemunitdir systemd 2>/dev/null),/lib/systemd/system)
UDEVDIR		?= $(or $(shell pkg-config --variable=udevdir udev 2>/dev/null),/lib/udev)/rules.d
XENSCRIPTDIR	?= $(SYSCONFDIR)/xen/scripts
XAPIDIR		?= $(SYSCONFDIR)/xapi.d
CONFDIR		?= $(SYSCONFDIR)/vifswitch
INSTALL		?= install
D		= $(DESTDIR)

# A program is no configuration file, so Xen's script folder gets a link to it.
# An existing vifswitch.conf is the operator's and stays.
.PHONY: install install-vifswitch install-vifdbd install-vifexportd install-vifoamd install-vifofd install-vifovsd install-xapi install-cockpit install-libvifdb install-libvifdb-dev
install: install-vifswitch install-vifdbd install-vifexportd install-vifoamd install-vifofd install-vifovsd install-xapi install-cockpit install-libvifdb install-libvifdb-dev ## install under DESTDIR (PREFIX, SYSCONFDIR honoured)

install-vifswitch: all
	$(INSTALL) -d $(D)$(SBINDIR) $(D)$(HELPERDIR) $(D)$(XENSCRIPTDIR) $(D)$(CONFDIR) $(D)$(UNITDIR) \
		$(D)$(UDEVDIR) $(D)$(MANDIR)/man5 $(D)$(MANDIR)/man7 $(D)$(MANDIR)/man8 $(D)$(COMPLETIONDIR) \
		$(D)$(INCLUDEDIR)/vifswitch $(D)$(DATADIR)/schema $(D)$(SYSUSERSDIR) \
		$(D)$(ZSHDIR) $(D)$(FISHDIR)
	$(INSTALL) -m 644 systemd/vifswitch.sysusers $(D)$(SYSUSERSDIR)/vifswitch.conf
	$(INSTALL) -m 755 $(B)/release/vifswitchd $(B)/release/vifctl $(D)$(SBINDIR)
	$(INSTALL) -m 755 $(B)/release/vif-vifswitch $(D)$(HELPERDIR)
	ln -sfn $(HELPERDIR)/vif-vifswitch $(D)$(XENSCRIPTDIR)/vif-vifswitch
	test -e $(D)$(CONFDIR)/vifswitch.conf || \
		$(INSTALL) -m 644 dom0/vifswitchd/vifswitch.conf $(D)$(CONFDIR)/vifswitch.conf
	sed 's|/usr/sbin/|$(SBINDIR)/|g' systemd/vifswitchd.service >$(D)$(UNITDIR)/vifswitchd.service
	sed 's|/etc/xen/scripts/|$(XENSCRIPTDIR)/|' hotplug/90-vifswitch.rules \
		>$(D)$(UDEVDIR)/90-vifswitch.rules
	chmod 644 $(D)$(UNITDIR)/vifswitchd.service $(D)$(UDEVDIR)/90-vifswitch.rules
	for section in 5 7 8; do for page in man/*.$$section; do case $$page in \
		'man/*'*|man/vifdbd*|man/vifexportd*|man/vifoamd*|man/vifofd*|man/vifxapid*|man/vifovsd*) ;; \
		*) $(INSTALL) -m 644 $$page $(D)$(MANDIR)/man$$section || exit 1 ;; esac; done; done
	$(INSTALL) -m 644 $(B)/man/vifctl-policy.5 $(D)$(MANDIR)/man5
	$(INSTALL) -m 644 $(B)/man/vifswitch-acl.7 $(D)$(MANDIR)/man7
	$(INSTALL) -m 644 $(B)/man/vifctl.8 $(D)$(MANDIR)/man8
	$(INSTALL) -m 644 $(DOCUMENT_SCHEMAS) $(D)$(DATADIR)/schema
	$(INSTALL) -m 644 dom0/vifctl/completion.bash $(D)$(COMPLETIONDIR)/vifctl
	$(INSTALL) -m 644 dom0/vifctl/completion.zsh $(D)$(ZSHDIR)/_vifctl
	$(INSTALL) -m 644 dom0/vifctl/completion.fish $(D)$(FISHDIR)/vifctl.fish
	$(INSTALL) -m 644 include/vifswitch/*.h $(D)$(INCLUDEDIR)/vifswitch

install-vifdbd: all
	$(INSTALL) -d $(D)$(SBINDIR) $(D)$(UNITDIR) $(D)$(SYSUSERSDIR) $(D)$(DATADIR) \
		$(D)$(MANDIR)/man5 $(D)$(MANDIR)/man8 $(D)$(DOCDIR)/vifdbd/examples
	$(INSTALL) -m 755 $(B)/release/vifdbd $(D)$(SBINDIR)
	sed 's|/usr/sbin/|$(SBINDIR)/|g; s|/usr/share/vifswitch/|$(DATADIR)/|g' \
		systemd/vifdbd.service >$(D)$(UNITDIR)/vifdbd.service
	chmod 644 $(D)$(UNITDIR)/vifdbd.service
	$(INSTALL) -m 644 systemd/vifdbd.socket $(D)$(UNITDIR)
	$(INSTALL) -m 644 systemd/vifdbd.sysusers $(D)$(SYSUSERSDIR)/vifdbd.conf
	$(INSTALL) -m 644 systemd/vifdbd-remote.conf $(D)$(DOCDIR)/vifdbd/examples/remote.conf
	$(INSTALL) -m 644 systemd/vifdbd-pool.conf $(D)$(DOCDIR)/vifdbd/examples/pool.conf
	$(INSTALL) -m 644 docs/pool.md $(D)$(DOCDIR)/vifdbd/pool.md
	$(INSTALL) -m 644 $(SCHEMA) $(D)$(DATADIR)
	$(INSTALL) -m 644 $(B)/man/vifswitch-schema.5 $(D)$(MANDIR)/man5
	$(INSTALL) -m 644 man/vifdbd.8 $(D)$(MANDIR)/man8

install-vifexportd: all
	$(INSTALL) -d $(D)$(SBINDIR) $(D)$(UNITDIR) $(D)$(SYSUSERSDIR) $(D)$(DATADIR)/page \
		$(D)$(MANDIR)/man8 $(D)$(DOCDIR)/vifexportd/examples
	$(INSTALL) -m 755 $(B)/release/vifexportd $(D)$(SBINDIR)
	sed 's|/usr/sbin/|$(SBINDIR)/|g' systemd/vifexportd.service >$(D)$(UNITDIR)/vifexportd.service
	chmod 644 $(D)$(UNITDIR)/vifexportd.service
	$(INSTALL) -m 644 systemd/vifexportd.socket $(D)$(UNITDIR)
	$(INSTALL) -m 644 systemd/vifexportd.sysusers $(D)$(SYSUSERSDIR)/vifexportd.conf
	$(INSTALL) -m 644 dom0/vifexportd/static/* $(D)$(DATADIR)/page
	$(INSTALL) -m 644 docs/examples/prometheus/* docs/examples/grafana/vifswitch.json \
		$(D)$(DOCDIR)/vifexportd/examples
	$(INSTALL) -m 644 man/vifexportd.8 $(D)$(MANDIR)/man8

install-vifoamd: all
	$(INSTALL) -d $(D)$(SBINDIR) $(D)$(UNITDIR) $(D)$(SYSUSERSDIR) $(D)$(MANDIR)/man8
	$(INSTALL) -m 755 $(B)/release/vifoamd $(D)$(SBINDIR)
	sed 's|/usr/sbin/|$(SBINDIR)/|g' systemd/vifoamd.service >$(D)$(UNITDIR)/vifoamd.service
	chmod 644 $(D)$(UNITDIR)/vifoamd.service
	$(INSTALL) -m 644 systemd/vifoamd.sysusers $(D)$(SYSUSERSDIR)/vifoamd.conf
	$(INSTALL) -m 644 man/vifoamd.8 $(D)$(MANDIR)/man8

install-vifovsd: all
	$(INSTALL) -d $(D)$(SBINDIR) $(D)$(UNITDIR) $(D)$(SYSUSERSDIR) $(D)$(DATADIR) $(D)$(MANDIR)/man8 \
		$(D)$(DOCDIR)/vifovsd
	$(INSTALL) -m 755 $(B)/release/vifovsd $(D)$(SBINDIR)
	for unit in vifovsd vifovsdb vifswitch-takeover; do \
		sed 's|/usr/sbin/|$(SBINDIR)/|g; s|/usr/share/vifswitch/|$(DATADIR)/|g' \
		systemd/$$unit.service >$(D)$(UNITDIR)/$$unit.service && \
		chmod 644 $(D)$(UNITDIR)/$$unit.service || exit 1; done
	$(INSTALL) -m 644 systemd/vifovsd.sysusers $(D)$(SYSUSERSDIR)/vifovsd.conf
	$(INSTALL) -m 644 $(OVS_SCHEMA) $(D)$(DATADIR)
	$(INSTALL) -m 644 docs/openvswitch.md $(D)$(DOCDIR)/vifovsd
	$(INSTALL) -m 644 man/vifovsd.8 $(D)$(MANDIR)/man8

# What runs on a XAPI host beside it. Its rules of udev take VIFs from XAPI's own script.
install-xapi: all
	$(INSTALL) -d $(D)$(SBINDIR) $(D)$(UNITDIR) $(D)$(UDEVDIR) $(D)$(MANDIR)/man8 \
		$(D)$(XAPIDIR)/plugins $(D)$(SYSCONFDIR)/xenopsd.conf.d $(D)$(DOCDIR)/vifswitch-xapi
	$(INSTALL) -m 755 $(B)/release/vifxapid $(D)$(SBINDIR)
	sed 's|/usr/sbin/|$(SBINDIR)/|g' systemd/vifxapid.service >$(D)$(UNITDIR)/vifxapid.service
	sed 's|/etc/xen/scripts/|$(XENSCRIPTDIR)/|g' hotplug/40-vifswitch-xapi.rules \
		>$(D)$(UDEVDIR)/40-vifswitch-xapi.rules
	sed 's|/etc/xen/scripts/|$(XENSCRIPTDIR)/|g' xapi-plugin/xenopsd-vifswitch.conf \
		>$(D)$(SYSCONFDIR)/xenopsd.conf.d/vifswitch.conf
	sed 's|"/usr/sbin/|"$(SBINDIR)/|' xapi-plugin/vifswitch >$(D)$(XAPIDIR)/plugins/vifswitch
	chmod 644 $(D)$(UNITDIR)/vifxapid.service $(D)$(UDEVDIR)/40-vifswitch-xapi.rules \
		$(D)$(SYSCONFDIR)/xenopsd.conf.d/vifswitch.conf
	chmod 755 $(D)$(XAPIDIR)/plugins/vifswitch
	$(INSTALL) -m 644 docs/xapi.md $(D)$(DOCDIR)/vifswitch-xapi
	$(INSTALL) -m 644 man/vifxapid.8 $(D)$(MANDIR)/man8

install-vifofd: all
	$(INSTALL) -d $(D)$(SBINDIR) $(D)$(UNITDIR) $(D)$(SYSUSERSDIR) $(D)$(MANDIR)/man8
	$(INSTALL) -m 755 $(B)/release/vifofd $(D)$(SBINDIR)
	sed 's|/usr/sbin/|$(SBINDIR)/|g' systemd/vifofd.service >$(D)$(UNITDIR)/vifofd.service
	chmod 644 $(D)$(UNITDIR)/vifofd.service
	$(INSTALL) -m 644 systemd/vifofd.sysusers $(D)$(SYSUSERSDIR)/vifofd.conf
	$(INSTALL) -m 644 man/vifofd.8 $(D)$(MANDIR)/man8

# The page's own files, and what makes Cockpit show them.
install-cockpit:
	$(INSTALL) -d $(D)$(COCKPITDIR)/vifswitch
	$(INSTALL) -m 644 dom0/vifexportd/static/* dom0/vifexportd/cockpit/* $(D)$(COCKPITDIR)/vifswitch

install-libvifdb: $(VIFDB_SO)
	$(INSTALL) -d $(D)$(LIBDIR)
	$(INSTALL) -m 644 $(VIFDB_SO) $(D)$(LIBDIR)/libvifdb.so.0

install-libvifdb-dev:
	$(INSTALL) -d $(D)$(LIBDIR)/pkgconfig $(D)$(INCLUDEDIR)/vifdb $(D)$(MANDIR)/man3
	ln -sfn libvifdb.so.0 $(D)$(LIBDIR)/libvifdb.so
	sed 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@INCLUDEDIR@|$(INCLUDEDIR)|; s|@VERSION@|$(VERSION)|' \
		dom0/libvifdb/vifdb.pc.in >$(D)$(LIBDIR)/pkgconfig/vifdb.pc
	chmod 644 $(D)$(LIBDIR)/pkgconfig/vifdb.pc
	$(INSTALL) -m 644 include/vifdb/vifdb.h $(D)$(INCLUDEDIR)/vifdb
	$(INSTALL) -m 644 man/vifdb.3 $(D)$(MANDIR)/man3
