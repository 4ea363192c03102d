#!/bin/busybox sh
# The first process of the virtual machine: makes what the tests need, runs them, and switches the machine off.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C TERM=dumb EYAS_TEST_PROGRAMS=/programs EYAS_TEST_PATIENCE=8
mkdir -p /proc /sys /dev
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/shm /dev/pts /run /tmp /root /var/log /var/tmp /sys/fs/cgroup
mount -t tmpfs shm /dev/shm
mount -t devpts pts /dev/pts
mount -t tmpfs run /run
mount -t cgroup2 cgroup /sys/fs/cgroup
mount -t securityfs security /sys/kernel/security 2>/dev/null
mount -t tracefs trace /sys/kernel/tracing 2>/dev/null
ln -sf /proc/self/fd /dev/fd
for each in 0:stdin 1:stdout 2:stderr; do ln -sf "/proc/self/fd/${each%:*}" "/dev/${each#*:}"; done
chmod 1777 /tmp /dev/shm /var/tmp
ip link set lo up 2>/dev/null || ifconfig lo up
hostname machine
cd /project
sh /project/test/kernels/inside.sh 2>&1
sync
poweroff -f
