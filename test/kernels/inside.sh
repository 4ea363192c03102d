# Runs in the virtual machine. The console gets what programs print; ttyS1 lines that run.ts reads: `step NAME ok|failed`.
results=/dev/ttyS1
words=$(cat /proc/cmdline)
step() {
  name=$1
  shift
  # With eyas.step=NAME among the words, only the steps that are named.
  case " $words " in *" eyas.step="*) case " $words " in *" eyas.step=$name "*) ;; *) return ;; esac ;; esac
  echo "== $name"
  if "$@"; then echo "step $name ok" >$results; else echo "step $name failed" >$results; fi
}
has() { case " $words " in *" $1 "*) return 0 ;; *) return 1 ;; esac }
live() { bun test --timeout 240000 "$@"; }

eyas=/project/dist/eyas
echo "kernel $(uname -r)" >$results
step status "$eyas" driver status

if has eyas.live; then
  step truth live test/kernel/truth.test.ts
  step capture live test/kernel/capture.test.ts
  step race live test/kernel/race.test.ts
  step rules live test/kernel/rules.test.ts
fi

driver() { "$eyas" driver "$@"; }
gone() { ! lsmod | grep -q ^scap && ! [ -e /dev/scap0 ]; }

if has eyas.kmod; then
  step auto-without-module sh -c "$eyas -M 1 -o engine.kind=auto 2>&1 | tee /tmp/auto; grep -q 'engine.kind auto: modern_ebpf' /tmp/auto"
  step missing-module sh -c "! $eyas -M 1 -o engine.kind=kmod"
  # Built outside, and laid where prebuilt modules are kept.
  step install-prebuilt driver install --type kmod --download=false --compile=false
  step lsmod sh -c 'lsmod | grep ^scap'
  step install-again driver install --type kmod
  step kmod-status driver status
  # A module of 2022 does not tell what a program that ends at once ran from.
  step kmod-rules env EYAS_TEST_ENGINE=kmod bun test --timeout 240000 -t '^(?!.*Fileless)' test/kernel/rules.test.ts
  step kmod-same live test/kernels/same.test.ts
  step cleanup driver cleanup
  step gone gone
fi

if has eyas.build; then
  rm -rf /root/.falco
  step install-from-source driver install --type kmod --download=false --download-headers=false
  step lsmod-from-source sh -c 'lsmod | grep ^scap'
  step run-from-source "$eyas" -M 5 -o engine.kind=kmod
  step cleanup-from-source driver cleanup
  step nothing-left sh -c '! lsmod | grep ^scap && ! ls /dev/scap0 && ! ls /root/.falco && ! find /lib/modules -name "scap.ko*" | grep .'
fi
echo "over" >$results
