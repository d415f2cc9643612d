// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/cmd/command-find.h"
#include "vifctl/policy/object.h"
#include "vifctl/vifctl.h"

/* "KEY=a|b", or an example. */
static void help_field(const struct field *f, FILE *out)
{
	const struct column *column = &f->columns[0];

	fprintf(out, "  %s=", f->name);
	if (f->like) {
		fprintf(out, "%s\n", f->like);
	} else if (column->words) {
		for (const struct word *w = column->words; w->word; w++)
			fprintf(out, "%s%s", w == column->words ? "" : field_is_list(f) ? "," : "|",
				w->word);
		fputc('\n', out);
	} else if (f->type == FIELD_NUMBER) {
		fprintf(out, "%lld-%lld\n", (long long)column->min, (long long)column->max);
	} else {
		fprintf(out, "%s\n", f->type == FIELD_BOOLEAN ? "yes|no" : "VALUE");
	}
}

void help_command(const struct command *c, FILE *out)
{
	fprintf(out, "vifctl %s%s%s [--json]%s%s%s%s\n\n%s\n", c->name, *c->operands ? " " : "",
		c->operands, c->options & OPTION_WATCH ?
		" [--follow] [--count=N] [--seconds=S]" : "",
		(c->options & OPTION_CHANGE) == OPTION_CHANGE ?
		" [--wait=S|--no-wait] [--dry-run]" : "",
		c->options & OPTION_PRUNE ? " [--prune]" :
		c->options & OPTION_CAPTURE ? " [--pcap=FILE]" :
		c->options & OPTION_HITS ? " [--hits]" : "",
		c->options & OPTION_RESET ? " [--reset|--all]" :
		c->options & OPTION_ALL ? " [--all]" : c->options & OPTION_CONFIRM ? " [--confirm=S]" :
		c->options & OPTION_OVERWRITE ? " [--overwrite]" :
		c->options & OPTION_MOVE ? " [--move]" : "", c->summary);
	if (*c->help)
		fprintf(out, "%s\n", c->help);
	if (c->fields >= 0) {
		fputs("\nKEY=VALUE:\n", out);
		kind_for_each_field(&object_kinds[c->fields], f)
			help_field(f, out);
	}
	fputc('\n', out);
	if (c->options & OPTION_WATCH)
		fputs("  --follow     go on until interrupted\n"
		      "  --count=N    stop after N\n"
		      "  --seconds=S  watch for S seconds\n", out);
	if (c->options & OPTION_CAPTURE)
		fputs("  --pcap=FILE  save the frames, as far as the kernel shows them\n", out);
	if (c->options & OPTION_RESET)
		fputs("  --reset      what was dropped until now is not told any more, here and by doctor\n"
		      "  --all        tell it nevertheless\n", out);
	if (c->options & OPTION_DB)
		fputs("  --db=REMOTE  the database, like unix:/run/vifswitch/db.sock, tcp:HOST:PORT or\n"
		      "               ssl:HOST:PORT with --private-key, --certificate and --ca-cert\n",
		      out);
	if ((c->options & OPTION_CHANGE) == OPTION_CHANGE)
		fputs("  --wait=S     wait S seconds for the hosts to apply it (10 unless given)\n"
		      "  --no-wait    only save it\n"
		      "  --dry-run    only say what would change\n", out);
	if (c->options & OPTION_YES)
		fputs("  --yes        do it although what is in use is interrupted\n", out);
	if (c->options & OPTION_STRICT)
		fputs("  --strict     the one flow of that table, priority and match, not all that it covers\n",
		      out);
	if (c->options & OPTION_MOVE)
		fputs("  --move       take an uplink from the switch that has it\n", out);
	if (c->options & OPTION_CONFIRM)
		fprintf(out, "  --confirm=S  seconds until it goes back unless it is confirmed%s\n",
			!strncmp(c->name, "uplink", 6) ? " (60)" :
			c->options & OPTION_TAKEOVER ? " (120)" : "");
	if (c->options & OPTION_TAKEOVER)
		fputs("  --check      only tell what would become of what\n"
		      "  --resume     go on with one that was interrupted, or take it back\n", out);
	if (c->options & OPTION_OVERWRITE)
		fputs("  --overwrite  what was changed since goes back as well\n", out);
	if (c->options & OPTION_ALL && !(c->options & OPTION_RESET))
		fputs("  --all        tell each rule that was tried\n", out);
	if (c->options & OPTION_MAY_EXIST)
		fputs("  --may-exist  if it is there already, the fields named are changed\n", out);
	if (c->options & OPTION_IF_EXISTS)
		fputs("  --if-exists  what is not there is no error\n", out);
	if (c->options & OPTION_PRUNE)
		fputs("  --prune      what the file does not have goes, of the kinds it has\n", out);
	if (c->options & OPTION_HITS)
		fputs("  --hits       how often rules decided, in the order in which they are tried\n", out);
	fputs("  --json       for programs; the same as --format=json\n", out);
}

static void help_line(const struct command *c, FILE *out)
{
	_cleanup_free_ char *name = xprintf("%s%s%s", c->name, *c->operands ? " " : "",
					    c->operands);

	if (strlen(name) > 30)
		fprintf(out, "  %s\n  %-30s %s\n", name, "", c->summary);
	else
		fprintf(out, "  %-30s %s\n", name, c->summary);
}

bool help_group(const char *const *words, int count, FILE *out)
{
	bool any = false;

	for (size_t i = 0; i < vifctl_command_count; i++) {
		if (!command_begins(&vifctl_commands[i], words, count))
			continue;
		help_line(&vifctl_commands[i], out);
		any = true;
	}
	if (any)
		fputs("\nMore of each: vifctl COMMAND --help\n", out);
	return any;
}

/* help port, help port set: of a command, or of those that begin so. */
static int help_about(struct vifctl *v)
{
	int used;
	const struct command *c = command_find(v->operands, v->operand_count, &used);

	if (c && used == v->operand_count)
		help_command(c, v->out);
	else if (!help_group(v->operands, v->operand_count, v->out))
		return command_unknown(v->operands, v->operand_count);
	return vifctl_finish(v, VIFCTL_OK);
}

int run_help(struct vifctl *v)
{
	if (v->operand_count)
		return help_about(v);
	fputs("vifctl: what virtual switches do, and what they should do\n\n", v->out);
	for (size_t i = 0; i < vifctl_command_count; i++)
		help_line(&vifctl_commands[i], v->out);
	fputs("\n  --json                how to print: also --format=table|json (any command)\n"
	      "  --db=REMOTE           the database; also in the environment as VIFDB\n"
	      "  -v, --verbose         with UUIDs, which are else shown of what has no name\n"
	      "  --wide                tables whole, even on a terminal that is narrower\n"
	      "  --help                about one command, with its keys; also: help COMMAND\n\n"
	      "PORT is vifN.M or any other netdev, or a VM by name, UUID or domid, with /DEVID.\n"
	      "More, with examples: man vifctl\n", v->out);
	return vifctl_finish(v, VIFCTL_OK);
}
