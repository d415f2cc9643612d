/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands about the database, by file. Each returns an exit status. */
#ifndef VIFCTL_POLICY_H
#define VIFCTL_POLICY_H

struct vifctl;

/* policy-port.c */
int run_port_policy(struct vifctl *v);
int run_port_set(struct vifctl *v);
int run_port_clear(struct vifctl *v);

/* policy-attach.c */
int run_port_attach(struct vifctl *v);
int run_port_detach(struct vifctl *v);

/* policy-object.c: switch, vm, acl, group, qos */
int run_object_list(struct vifctl *v);
int run_object_show(struct vifctl *v);
int run_object_create(struct vifctl *v);
int run_object_set(struct vifctl *v);
int run_object_delete(struct vifctl *v);
int run_object_rename(struct vifctl *v);
int run_vm_set(struct vifctl *v);
int run_vm_delete(struct vifctl *v);
int run_group_add(struct vifctl *v);
int run_group_remove(struct vifctl *v);
/* mirror-command.c */
int run_exporter_list(struct vifctl *v);
int run_exporter_show(struct vifctl *v);
int run_mirror_list(struct vifctl *v);
int run_mirror_show(struct vifctl *v);
/* network-command.c */
int run_network_list(struct vifctl *v);
int run_network_show(struct vifctl *v);
int run_network_rekey(struct vifctl *v);
int run_network_unseal(struct vifctl *v);

/* acl-command.c */
int run_acl_list(struct vifctl *v);
int run_acl_show(struct vifctl *v);

/* policy-rule.c */
int run_rule_add(struct vifctl *v);
int run_rule_set(struct vifctl *v);
int run_rule_delete(struct vifctl *v);
int run_rule_move(struct vifctl *v);

/* policy-file.c */
int run_apply(struct vifctl *v);
int run_diff(struct vifctl *v);
int run_export(struct vifctl *v);

/* history-command.c, rollback-command.c */
int run_history(struct vifctl *v);
int run_confirm(struct vifctl *v);
int run_rollback(struct vifctl *v);

/* pool-command.c */
int run_pool_init(struct vifctl *v);
int run_pool_join(struct vifctl *v);
int run_pool_leave(struct vifctl *v);
int run_pool_status(struct vifctl *v);

/* batch.c */
int run_batch(struct vifctl *v);

/* edit-command.c */
int run_edit(struct vifctl *v);

/* db-read.c, db-write.c, db-backup.c, db-monitor.c */
int run_db_list(struct vifctl *v);
int run_db_find(struct vifctl *v);
int run_db_get(struct vifctl *v);
int run_db_set(struct vifctl *v);
int run_db_add(struct vifctl *v);
int run_db_remove(struct vifctl *v);
int run_db_clear(struct vifctl *v);
int run_db_create(struct vifctl *v);
int run_db_destroy(struct vifctl *v);
int run_db_backup(struct vifctl *v);
int run_db_restore(struct vifctl *v);
int run_monitor(struct vifctl *v);

#endif /* VIFCTL_POLICY_H */
