/* SPDX-License-Identifier: Apache-2.0 */
#include "files.h"
#include "process.h"
#include "traffic.h"

void RUN(struct work *w)
{
	opening(w);
	names(w);
	descriptors(w);
	data(w);
	waiting(w);
	tcp(w);
	datagrams(w);
	memory(w);
	identity(w);
	processes(w);
	others(w);
}
