# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# namespace.sh — a pair of network namespaces with a veth between them, for scripts to source.
#
# The namespaces have no names: they live as long as the processes in them, so nothing is left when a script dies.
# Our end is the interface tw0 with 192.0.2.1 and 2001:db8::1, the other end, reached through `far COMMAND`, is tw1
# with 192.0.2.2 and 2001:db8::2. Its first window is small, so that a receiver's small buffer never has to drop what an
# earlier window has allowed.

# Run the calling script again inside a network namespace of its own: as root, or else with the capabilities of a new
# user namespace, but not as its root: tcpdump would want to become another user. Returns at once inside; returns 1
# outside when neither is allowed.
enter_namespace() {
    [ -z "${TW_NAMESPACE-}" ] || return 0
    local how
    for how in --net "--user --map-current-user --keep-caps --net"; do
        # shellcheck disable=SC2086 # several options
        if unshare $how true 2>/dev/null; then
            TW_NAMESPACE=$(readlink /proc/self/ns/net) exec unshare $how bash "$0" "$@"
        fi
    done
    return 1
}

# The other end and everything that was started in the background end with the script: also what a function in the
# background had started, whatever became of that. Namespaces that we have not made are left alone.
leave_namespace() {
    local process net
    net=$(readlink "/proc/${far_pid:-self}/ns/net" /proc/self/ns/net)
    [[ ${TW_NAMESPACE-} == net:* ]] && ! grep -qxF "$TW_NAMESPACE" <<<"$net" || return
    for process in /proc/[0-9]*; do
        process=${process#/proc/}
        if [ "$process" != $$ ] && [ "$process" != "$BASHPID" ] &&
            grep -qxF "$(readlink "/proc/$process/ns/net" 2>/dev/null || echo gone)" <<<"$net"; then
            kill "$process" 2>/dev/null
        fi
    done
    wait 2>/dev/null
}

far() {
    nsenter -t "$far_pid" -n "$@"
}

# Wait until a command succeeds, for 30 s at least.
await() {
    local i
    for ((i = 0; i < 600; i++)); do
        "$@" >/dev/null 2>&1 && return 0
        sleep 0.05
    done
    echo "waited in vain for: $*" >&2
    return 1
}

has_own_namespace() {
    [ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}

make_pair() {
    unshare -n sleep 600 &
    far_pid=$!
    await has_own_namespace "$far_pid" &&
        ip link add tw0 type veth peer name tw1 netns "$far_pid" &&
        ip link set lo up && ip link set tw0 up && far ip link set tw1 up &&
        ip addr add 192.0.2.1/24 dev tw0 && far ip addr add 192.0.2.2/24 dev tw1 &&
        ip addr add 2001:db8::1/64 dev tw0 nodad && far ip addr add 2001:db8::2/64 dev tw1 nodad &&
        far ip route add 192.0.2.1 dev tw1 initrwnd 8 &&
        far ip route add 2001:db8::1 dev tw1 initrwnd 8
}

# transfer STALL OUTPUT ADDRESS [STOPS [SECONDS]]: a transfer from here to ADDRESS at the other end, port 5001. What
# the receiver says goes to the file OUTPUT as it happens. The receiver has ended when this returns.
transfer() {
    local receiver
    : >"$2"
    far "$1" receive "$3" 5001 "${4-2}" "${5-1.5}" >"$2" &
    receiver=$!
    await grep -q listening "$2" && "$1" send "$3" 5001 "${4-2}" && wait "$receiver"
}
