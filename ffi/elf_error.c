// SPDX-License-Identifier: Apache-2.0
/*
 * libelf's own error state, which its static library keeps in thread-local storage of a kind that cannot go into a shared
 * object (R_X86_64_TPOFF32 in Debian's libelf.a). libbpf only shows the text.
 */
int elf_errno(void);
const char *elf_errmsg(int error);
void __libelf_seterrno(int error);

void __libelf_seterrno(int error)
{
	(void)error;
}

int elf_errno(void)
{
	return 0;
}

const char *elf_errmsg(int error)
{
	(void)error;
	return "libelf refused the object";
}
