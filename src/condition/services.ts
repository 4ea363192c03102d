// Ports that rules may name, as in /etc/services (IANA's registry). A table, so that rules mean the same on every host.
const rows = `
tcpmux 1|echo 7|discard 9|systat 11|daytime 13|netstat 15|qotd 17|chargen 19|ftp-data 20|ftp 21|ssh 22|telnet 23|smtp 25|time 37|whois 43
tacacs 49|domain 53|bootps 67|bootpc 68|tftp 69|gopher 70|finger 79|http 80|kerberos 88|iso-tsap 102|acr-nema 104|pop3 110|sunrpc 111|auth 113
nntp 119|ntp 123|epmap 135|netbios-ns 137|netbios-dgm 138|netbios-ssn 139|imap2 143|imap 143|snmp 161|snmp-trap 162|xdmcp 177|bgp 179|irc 194
ldap 389|svrloc 427|https 443|microsoft-ds 445|kpasswd 464|submissions 465|isakmp 500|exec 512|login 513|shell 514|syslog 514|printer 515
talk 517|ntalk 518|route 520|uucp 540|klogin 543|kshell 544|dhcpv6-client 546|dhcpv6-server 547|rtsp 554|nqs 607|ipp 631|ldaps 636|tinc 655
silc 706|kerberos-adm 749|domain-s 853|rsync 873|ftps-data 989|ftps 990|telnets 992|imaps 993|pop3s 995|socks 1080|proofd 1093|openvpn 1194
rmiregistry 1099|ms-sql-s 1433|ms-sql-m 1434|radius 1812|radius-acct 1813|msnp 1863|mqtt 1883|nfs 2049|cvspserver 2401|mysql 3306|svn 3690
rdp 3389|ms-wbt-server 3389|epmd 4369|sip 5060|sip-tls 5061|xmpp-client 5222|xmpp-server 5269|mdns 5353|postgresql 5432|amqps 5671|amqp 5672
x11 6000|redis 6379|gnutella-svc 6346|http-alt 8080|secure-mqtt 8883|git 9418|bacula-dir 9101|zabbix-agent 10050|zabbix-trapper 10051
`

const ports: ReadonlyMap<string, number> = new Map(
  rows
    .trim()
    .split(/[|\n]/)
    .map((row) => row.split(' '))
    .map(([name = '', port]) => [name, Number(port)]),
)

/** The port of a service name; undefined for a name that is not known. */
export function portOfService(name: string): number | undefined {
  return ports.get(name)
}
