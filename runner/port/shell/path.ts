/** Shell text that adds to PATH what it lacks of the folders in which Ansible's modules look for their tools. A path that a task sets comes later and wins. */
export const WITH_SBIN = 'for sbin in /usr/local/sbin /usr/sbin /sbin; do case ":$PATH:" in *":$sbin:"*) ;; *) PATH=$PATH:$sbin ;; esac; done; unset sbin'
