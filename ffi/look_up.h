/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the kernel where a name leads, as who used it would find it. */
#ifndef EYAS_LOOK_UP_H
#define EYAS_LOOK_UP_H

#include "ring.h"
#include <stdbool.h>
#include <stdint.h>

#define NAME_BYTES 4096

/* What is known of a name. Nobody is accused for what is UNSURE. */
enum answer { LEADS, LEADS_NOT, UNKNOWN, UNSURE };

struct look {
	const struct ring_name *ring;
	uint32_t tid;
	const char *name, *path; /* both absolute */
};

void look_up_prepare(void);
/* So many are made in a second. */
bool has_looks_left(void);
/* Whether `name` leads to `path`: both of them, or beginnings of them. */
enum answer look_up(const struct look *look, const char *name, const char *path);
/* Where the name leads that is a link, with "../" at its beginning taken as its text says; false where it is none that may be read. */
bool read_link(const struct look *look, char *to);

#endif
