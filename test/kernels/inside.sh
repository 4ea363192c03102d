# Runs in the virtual machine. The console gets what programs print; ttyS1 lines that run.ts reads: `step NAME ok|failed|skipped`.
results=/dev/ttyS1
words=$(cat /proc/cmdline)
has() { case " $words " in *" $1 "*) return 0 ;; *) return 1 ;; esac }
step() {
  name=$1
  shift
  # With eyas.step=NAME among the words, only the steps that are named.
  case " $words " in *" eyas.step="*) has "eyas.step=$name" || return ;; esac
  echo "== $name"
  if "$@"; then echo "step $name ok" >$results; else echo "step $name failed" >$results; fi
}
live() { bun test --timeout 240000 "$@"; }
kmod() { EYAS_TEST_ENGINE=kmod bun test --timeout 240000 "$@"; }
driver() { "$eyas" driver "$@"; }

eyas=/project/dist/eyas
echo "kernel $(uname -r)" >$results

refused() {
  if driver install --type kmod --download=false --compile=false >/tmp/refusal 2>&1; then cat /tmp/refusal && return 1; fi
  cat /tmp/refusal
  grep -q "$1" /tmp/refusal
}
case " $words " in
*" eyas.refusal=signed "*) step refused-unsigned refused 'takes signed modules only' ;;
*" eyas.refusal=lockdown "*) step refused-lockdown refused 'locked down (integrity)' ;;
esac
case " $words " in *" eyas.refusal="*) echo over >$results && exit ;; esac

step status driver status
# Links must not count as changed each time that they are looked at: no machine that people use mounts its files so.
mount -o remount,relatime /

if has eyas.truth || has eyas.live; then step truth live test/kernel/truth.test.ts; fi
if has eyas.live; then
  step capture live test/kernel/capture.test.ts
  step iterators live test/kernel/iterators.test.ts
  step race live test/kernel/race.test.ts
  step rules live test/kernel/rules.test.ts
  # Under emulation a runtime does not answer within the time that an alert waits.
  step containers live -t "by its files" test/kernel/crio.test.ts
fi

module=$(sed -n 's/.*eyas\.module=\([a-z]*\).*/\1/p' /proc/cmdline)
[ -n "$module" ] || [ ! -e /script ] || step script /script
[ -n "$module" ] || { echo over >$results; exit; }

loaded() { lsmod | grep "^$module "; }
gone() { ! loaded && ! [ -e "/dev/${module}0" ]; }
nothing_left() { gone && ! ls /root/.falco && ! find /lib/modules -name "$module.ko*" | grep .; }

step auto-without-module sh -c "$eyas -M 1 -o engine.kind=auto 2>&1 | tee /tmp/auto; grep -q 'engine.kind auto: modern_ebpf' /tmp/auto"
step missing-module sh -c "! $eyas -M 1 -o engine.kind=kmod"
# Built outside, and laid where prebuilt modules are kept.
step install-prebuilt driver install --type kmod --download=false --compile=false
step loaded loaded
[ ! -e /script ] || step script /script
step install-again driver install --type kmod
step kmod-status driver status
step doctor sh -c "$eyas doctor -o engine.kind=kmod 2>&1 | tee /tmp/doctor; ! grep -qi fail /tmp/doctor"
# A module of 2022 does not tell all that the truth test asks for.
[ "$module" = scap ] || step kmod-truth kmod test/kernel/truth.test.ts
step kmod-rules kmod test/kernel/rules.test.ts
step kmod-same live test/kernels/same.test.ts
step cleanup driver cleanup
step gone gone

# From the source that is in /usr/src.
rm -rf /root/.falco
step install-from-source driver install --type kmod --download=false --download-headers=false
step loaded-from-source loaded
step run-from-source "$eyas" -M 5 -o engine.kind=kmod
step cleanup-from-source driver cleanup
step nothing-left nothing_left
echo over >$results
