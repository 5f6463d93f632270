import { type Attack, tries } from './attack.fixture.js'

const connect = (family: number, address: string) =>
  `perl -e 'use Socket qw(:DEFAULT inet_pton pack_sockaddr_in6); socket(S, ${family}, 1, 0) or exit; connect(S, ${address}) and print "DONE ", <S>'`

export const networkAttacks: readonly Attack[] = [
  {
    name: 'connects to services on the loopback of the host',
    script: ({ tcpPort }) =>
      `${tries(`exec 3<>/dev/tcp/127.0.0.1/${tcpPort}; cat <&3`)}; ${tries(`exec 3<>/dev/tcp/localhost/${tcpPort}`)}; ${connect(2, `pack_sockaddr_in(${tcpPort}, inet_aton("127.1"))`)}; ${connect(2, `pack_sockaddr_in(${tcpPort}, inet_aton("0.0.0.0"))`)}`,
    betrays: /DONE/,
  },
  {
    name: 'connects over IPv6',
    script: ({ tcp6Port }) =>
      `${connect(10, `pack_sockaddr_in6(${tcp6Port}, inet_pton(AF_INET6, "::1"))`)}; ${connect(10, `pack_sockaddr_in6(${tcp6Port}, inet_pton(AF_INET6, "::ffff:127.0.0.1"))`)}`,
    betrays: /DONE/,
  },
  {
    name: 'sends datagrams',
    script: ({ udpPort }) => `exec 3<>/dev/udp/127.0.0.1/${udpPort}; echo stolen >&3; sleep 0.1`,
  },
  {
    name: 'asks the name server, and the metadata service of a cloud',
    script: () =>
      `${tries('exec 3<>/dev/tcp/169.254.169.254/80')}; ${tries('exec 3<>/dev/udp/1.1.1.1/53; echo x >&3')}; getent hosts example.org && echo DONE; wc -l </proc/net/route | sed "s/^/ROUTES /"`,
    betrays: /DONE|ROUTES ([2-9]|\d\d)/,
  },
  {
    name: 'speaks to sockets of the host by path and by abstract name',
    script: ({ socket, abstractName }) =>
      `${connect(1, `pack_sockaddr_un("${socket}")`)}; ${connect(1, `pack("S", 1) . "\\0${abstractName}"`)}; grep -c victim /proc/net/unix | grep -v "^0" | sed "s/^/DONE /"`,
    betrays: /DONE/,
  },
  {
    name: 'opens sockets of other kinds',
    script: () =>
      `perl -e 'for ([2, 3, 1], [10, 3, 58], [17, 3, 768], [40, 1, 0], [38, 5, 0], [15, 3, 2], [31, 1, 3], [44, 3, 0]) { socket(S, $$_[0], $$_[1], $$_[2]) and print "DONE @$_\\n" }'`,
    betrays: /DONE/,
  },
  {
    name: 'changes the network',
    script: () =>
      `${tries('ip link add dummy9 type dummy')}; ${tries('ip addr add 10.1.2.3/32 dev lo')}; ${tries('ip link set lo down')}; ${tries('iptables -L')}; ${tries('nft add table x')}`,
    betrays: /DONE/,
  },
  {
    name: 'finds memory and queues that processes of the host share',
    script: () =>
      `${tries('ipcs -m | grep -q 0x')}; ${tries('ipcs -q | grep -q 0x')}; ${tries('ipcs -s | grep -q 0x')}; ls /dev/mqueue 2>/dev/null | sed "s/^/DONE /"`,
    betrays: /DONE/,
  },
]
