import { plainDurationMs } from '../../config/duration.ts'
import type { Settings } from '../../config/keys.ts'
import type { OpenedCapture } from './captures.ts'
import type { Recordings, RecordingTies } from './recordings.ts'
import { tapped } from './tap.ts'

const bytesPerMb = 1024 * 1024

/** Recordings around alerts, where the configuration wants them: what they take is loaded only then. */
export async function openRecordings(settings: Settings, ties: RecordingTies): Promise<Recordings | undefined> {
  if (!settings['capture.enabled']) return undefined
  const { Recordings } = await import('./recordings.ts')
  const options = {
    pathPrefix: settings['capture.path_prefix'],
    mode: settings['capture.mode'],
    durationMs: settings['capture.default_duration'],
    maxBytes: settings['capture.max_file_size_mb'] * bytesPerMb,
    preTriggerMs: plainDurationMs(settings['capture.pre_trigger']) ?? 0,
    backlogBytes: settings['capture.pre_trigger_memory_mb'] * bytesPerMb,
  }
  return new Recordings(options, ties)
}

/** The same capture; `recordings` sees what it gives. */
export function recorded(capture: OpenedCapture, recordings: Recordings | undefined): OpenedCapture {
  if (recordings === undefined) return capture
  const { programs, progress } = capture
  return {
    next: tapped(() => capture.next(), recordings),
    onReadable: (wake) => capture.onReadable(wake),
    stats: () => capture.stats(),
    begin: (state) => capture.begin(state),
    expect: (wanted) => capture.expect(wanted),
    want: (wanted) => capture.want(wanted),
    stop: () => capture.stop(),
    close: () => capture.close(),
    ...(programs && { programs }),
    ...(progress && { progress }),
  }
}
