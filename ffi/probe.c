// SPDX-License-Identifier: Apache-2.0
/* Can this kernel run the programs, and may this process load them: one answer a feature. */
#include "library.h"
#include <bpf/bpf.h>
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

static bool is_version_at_least(int major, int minor)
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

EXPORT int capture_probe(char *text, uint32_t text_bytes)
{
	char rights[256] = "", kernel[256] = "";
	bool may = check_rights(rights, sizeof(rights)) == 0;
	bool btf = access(BTF_FILE, R_OK) == 0;
	int mapped = probe_mapped_array();
	bool typed = is_version_at_least(5, 11);

	if (mapped)
		check_kernel(kernel, sizeof(kernel));
	return snprintf(text, text_bytes,
			"rights\t%s\t%s\n"
			"btf\t%s\t%s\n"
			"rings\t%s\t%s\n"
			"typed-task\t%s\t%s\n",
			may ? "yes" : "no", may ? "may load eBPF programs" : rights, btf ? "yes" : "no",
			btf ? BTF_FILE : "CONFIG_DEBUG_INFO_BTF is off", mapped ? "no" : "yes", mapped ? kernel : "memory-mapped arrays",
			typed ? "yes" : "no", typed ? "kernel 5.11 or newer" : "kernel older than 5.11: events cost more");
}
