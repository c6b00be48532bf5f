# A passphrase made here, printed and kept nowhere: eight groups of four hex digits, 128 bits.
set -eu
made=$(head -c 16 /dev/urandom | od -An -v -tx2 | tr -s ' \n' '-')
made=${made#-}
echo "${made%-}"
