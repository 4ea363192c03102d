import { metricsOf } from './metric.ts'

/** What is known of threads and descriptors. */
export const state = metricsOf('state', [
  {
    field: 'falco.n_threads',
    name: 'falcosecurity_scap_n_threads_total',
    type: 'gauge',
    help: 'Threads that are known now.',
    get: ({ threads }) => threads,
  },
  {
    field: 'falco.n_fds',
    name: 'falcosecurity_scap_n_fds_total',
    type: 'gauge',
    help: 'Descriptors that are known now.',
    get: ({ fds }) => fds,
  },
  {
    field: 'falco.n_added_threads',
    name: 'falcosecurity_scap_n_added_threads_total',
    type: 'counter',
    help: 'Threads that were taken into the table.',
    get: ({ threadsAdded }) => threadsAdded,
  },
  {
    field: 'falco.n_removed_threads',
    name: 'falcosecurity_scap_n_removed_threads_total',
    type: 'counter',
    help: 'Threads that were taken out of the table.',
    get: ({ threadsRemoved }) => threadsRemoved,
  },
  {
    field: 'falco.n_drops_full_threadtable',
    name: 'falcosecurity_scap_n_drops_full_threadtable_total',
    type: 'counter',
    help: 'Threads that found the table full.',
    get: ({ threadsRefused }) => threadsRefused,
  },
])
