/* tftpideal: no TFTP server but its upper bound. Spins on one socket, answers any read request for SIZE bytes with blocks of
 * zeros that were made beforehand, a window in one system call (UDP_SEGMENT). No files, no timers, no second client, no
 * retransmission: what it does not reach over a link, no server reaches that keeps to RFC 7440. usage: tftpideal ADDRESS SIZE */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
enum { WINDOW_MAX = 40, BLOCK = 1468, FRAME = BLOCK + 4 };
static unsigned char out[WINDOW_MAX * FRAME];

static int send_window(int fd, struct sockaddr_in *to, uint64_t from, uint64_t blocks, unsigned window, unsigned last) {
    size_t length = 0;
    int segment = FRAME;
    for (unsigned i = 0; i < window && from + i <= blocks; i++) {
        uint16_t number = htons((uint16_t)(from + i));
        out[i * FRAME] = 0, out[i * FRAME + 1] = 3;
        memcpy(out + i * FRAME + 2, &number, 2);
        length += from + i == blocks ? 4 + last : FRAME;
    }
    char control[CMSG_SPACE(2)] = {0};
    struct iovec iov = {out, length};
    struct msghdr m = {.msg_name = to, .msg_namelen = sizeof *to, .msg_iov = &iov, .msg_iovlen = 1,
                       .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = IPPROTO_UDP, c->cmsg_type = UDP_SEGMENT, c->cmsg_len = CMSG_LEN(2);
    uint16_t gso = (uint16_t)segment;
    memcpy(CMSG_DATA(c), &gso, 2);
    return sendmsg(fd, &m, 0) < 0;
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    uint64_t size = strtoull(argv[2], 0, 10), blocks = size / BLOCK + 1;
    unsigned last = (unsigned)(size % BLOCK), window = 16;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(69)}, peer;
    inet_pton(AF_INET, argv[1], &own.sin_addr);
    if (bind(fd, (void *)&own, sizeof own)) return perror("bind"), 1;
    for (;;) {
        unsigned char in[600];
        socklen_t length = sizeof peer;
        ssize_t got = recvfrom(fd, in, sizeof in - 1, MSG_DONTWAIT, (void *)&peer, &length);
        if (got < 4) continue;
        if (in[1] == 1) {
            in[got] = 0;
            window = 16;
            for (char *p = (char *)in + 2, *end = (char *)in + got; p < end; p += strlen(p) + 1)
                if (!strcasecmp(p, "windowsize")) window = (unsigned)atoi(p + strlen(p) + 1);
            if (window > WINDOW_MAX) window = WINDOW_MAX;
            char oack[200] = {0, 6};
            int n = 2;
            n += sprintf(oack + n, "blksize%c%d", 0, BLOCK) + 1;
            n += sprintf(oack + n, "windowsize%c%u", 0, window) + 1;
            sendto(fd, oack, (size_t)n, 0, (void *)&peer, sizeof peer);
        } else if (in[1] == 4) {
            uint16_t acked;
            memcpy(&acked, in + 2, 2);
            static uint64_t whole;
            uint64_t number = ntohs(acked);
            if (number == 0 && (whole & 0xffff) < 0xff00) whole = 0;
            whole = (whole & ~0xffffull) + number + (number < (whole & 0xffff) ? 0x10000 : 0);
            if (whole < blocks) send_window(fd, &peer, whole + 1, blocks, window, last);
        }
    }
}
