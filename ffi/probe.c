// SPDX-License-Identifier: Apache-2.0
/* Can this kernel run the programs, and may this process load them: one answer a feature. */
#include "library.h"
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define BTF_FILE "/sys/kernel/btf/vmlinux"
#define SYS_ADMIN 21
#define PERFMON 38
#define BPF 39

int fail(int code, char *error, uint32_t error_bytes, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (error && error_bytes)
		vsnprintf(error, error_bytes, format, args);
	va_end(args);
	return code;
}

static uint64_t effective_capabilities(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	uint64_t caps = 0;
	char line[256];

	if (!f)
		return geteuid() == 0 ? UINT64_MAX : 0;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "CapEff: %" SCNx64, &caps) == 1)
			break;
	}
	fclose(f);
	return caps;
}

int check_rights(char *error, uint32_t error_bytes)
{
	uint64_t caps = effective_capabilities();
	bool bpf = caps >> BPF & 1, perfmon = caps >> PERFMON & 1;

	if (caps >> SYS_ADMIN & 1 || (bpf && perfmon))
		return 0;
	return fail(-EPERM, error, error_bytes, "this process lacks the %s that loading eBPF programs takes",
		    bpf ? "capability CAP_PERFMON" : perfmon ? "capability CAP_BPF" : "capabilities CAP_BPF and CAP_PERFMON");
}

/* Makes a small map like that of the rings. */
static int probe_mapped_array(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, sizeof(uint32_t), 4096, 1, &options);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

bool is_version_at_least(int major, int minor)
{
	struct utsname name;
	int has_major = 0, has_minor = 0;

	if (uname(&name) != 0 || sscanf(name.release, "%d.%d", &has_major, &has_minor) != 2)
		return true;
	return has_major > major || (has_major == major && has_minor >= minor);
}

int check_kernel(char *error, uint32_t error_bytes)
{
	struct utsname name = {};
	int err;

	uname(&name);
	if (access(BTF_FILE, R_OK) != 0)
		return fail(-ENOENT, error, error_bytes, "the kernel %s gives no type information: %s is missing",
			    name.release, BTF_FILE);
	err = probe_mapped_array();
	if (err == -EPERM)
		return fail(err, error, error_bytes, "the kernel does not let this process use bpf(2): a seccomp filter, a lockdown or a limit on locked memory forbids it");
	if (err)
		return fail(-ENOTSUP, error, error_bytes, "the kernel %s lacks memory-mapped BPF maps: it is older than 5.8", name.release);
	return 0;
}

/* Whether programs may call a helper, by trying; where this process may not try, by the version that brought it. */
static bool has_helper(enum bpf_func_id id, bool may_try, int major, int minor)
{
	int answer = may_try ? libbpf_probe_bpf_helper(BPF_PROG_TYPE_RAW_TRACEPOINT, id, NULL) : -1;

	return answer < 0 ? is_version_at_least(major, minor) : answer;
}

static uint32_t say(char *text, uint32_t text_bytes, uint32_t used, const char *name, bool is_there, const char *yes, const char *no)
{
	int bytes = snprintf(text + used, text_bytes - used, "%s\t%s\t%s\n", name, is_there ? "yes" : "no", is_there ? yes : no);

	return bytes < 0 || used + bytes >= text_bytes ? used : used + bytes;
}

EXPORT int capture_probe(char *text, uint32_t text_bytes)
{
	char rights[256] = "", kernel[256] = "";
	const char *no_scan = scan_missing();
	bool may = check_rights(rights, sizeof(rights)) == 0;
	int mapped = probe_mapped_array();
	uint32_t used = 0;

	if (mapped)
		check_kernel(kernel, sizeof(kernel));
	libbpf_set_print(NULL);
	used = say(text, text_bytes, used, "rights", may, "may load eBPF programs", rights);
	used = say(text, text_bytes, used, "btf", access(BTF_FILE, R_OK) == 0, BTF_FILE, "CONFIG_DEBUG_INFO_BTF is off");
	used = say(text, text_bytes, used, "rings", !mapped, "memory-mapped arrays", kernel);
	used = say(text, text_bytes, used, "boot-clock", has_helper(BPF_FUNC_ktime_get_boot_ns, may && !mapped, 5, 8),
		   "programs can tell the time", "kernel older than 5.8: programs cannot tell the time since the boot");
	used = say(text, text_bytes, used, "typed-task", has_helper(BPF_FUNC_get_current_task_btf, may && !mapped, 5, 11),
		   "structures of the kernel are read with plain loads", "kernel older than 5.11: each step is a call, events cost more");
	if (!no_scan && (!may || libbpf_find_vmlinux_btf_id("task_file", BPF_TRACE_ITER) < 0))
		no_scan = may ? "the kernel has none" : "this process may not load them";
	used = say(text, text_bytes, used, "iterators", !no_scan, "the first look at processes asks the kernel", no_scan);
	used = say(text, text_bytes, used, "memory", is_version_at_least(5, 11), "maps count as memory of the control group",
		   "kernel older than 5.11: maps count as locked memory (CAP_SYS_RESOURCE)");
	used = say(text, text_bytes, used, "cast", is_version_at_least(6, 2), "programs load fast",
		   "kernel older than 6.2: the verifier takes longer over the programs");
	return used;
}
