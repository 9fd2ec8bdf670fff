#!/bin/sh
# Google's Debian images bring no cloud-init. Installs it once and restarts, so that a machine on GCE boots from the same
# user data as one on EC2. Constant, like the user data.
set -eu
if command -v cloud-init >/dev/null; then
    exit 0
fi
mkdir -p /etc/cloud/cloud.cfg.d
# Network and accounts stay with Google's guest agent.
cat >/etc/cloud/cloud.cfg.d/90-packyard.cfg <<'CONFIGURATION'
datasource_list: [ GCE ]
network: {config: disabled}
CONFIGURATION
export DEBIAN_FRONTEND=noninteractive
# The guest agent runs this once a boot, so it has to outlast a mirror that is away.
until apt-get update -q && apt-get install -qy --no-install-recommends cloud-init; do
    sleep 30
done
systemctl reboot
