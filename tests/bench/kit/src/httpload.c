/* httpload: N parallel HTTP/1.1 downloads in one epoll loop; body discarded in the kernel (MSG_TRUNC), so the client is cheap.
 * usage: httpload -s IP -p PORT -u /path [-n conns] [-t secs] [-c gets/conn, 0=loop] [-k (keep-alive)] [-a FIRST (client i sends from address FIRST + i)] ; prints one key=value line */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
static double now(void){struct timespec t;clock_gettime(CLOCK_MONOTONIC,&t);return t.tv_sec+t.tv_nsec*1e-9;}
struct cl{int fd,hdr,done,gets,hl;int64_t left;double start;uint64_t got;char h[4096];};
static struct sockaddr_in srv;static uint32_t first;static int ep,n=1,cnt=0,ka=0;static const char*path="/",*host="perf";static double tmax=5;static uint64_t tot,ok,errs;static double*lat;static size_t nl,cl_;
static void op(struct cl*c,int i,int fresh){if(fresh){c->fd=socket(AF_INET,SOCK_STREAM|SOCK_NONBLOCK,0);if(first){struct sockaddr_in me={.sin_family=AF_INET,.sin_addr.s_addr=htonl(first+i)};if(bind(c->fd,(void*)&me,sizeof me)){perror("bind");exit(2);}}connect(c->fd,(void*)&srv,sizeof srv);struct epoll_event e={.events=EPOLLOUT,.data.u32=i};epoll_ctl(ep,EPOLL_CTL_ADD,c->fd,&e);}
 else{char b[512];int l=snprintf(b,512,"GET %s HTTP/1.1\r\nHost: %s\r\n%s\r\n",path,host,ka?"":"Connection: close\r\n");if(send(c->fd,b,l,MSG_NOSIGNAL)<0)errs++;}
 c->hdr=1;c->hl=0;c->left=-1;c->start=now();}
static void fin(struct cl*c,int i,int good){if(good){ok++;if(nl==cl_){cl_=cl_?cl_*2:1024;lat=realloc(lat,cl_*8);}lat[nl++]=now()-c->start;}else errs++;c->gets++;
 int stop=(cnt&&c->gets>=cnt)||errs>1000;if(good&&ka&&!stop){op(c,i,0);return;}close(c->fd);if(stop){c->done=1;return;}op(c,i,1);}
static int cmp(const void*a,const void*b){double x=*(double*)a,y=*(double*)b;return x<y?-1:x>y;}
int main(int ac,char**av){int o,port=80;srv.sin_family=AF_INET;while((o=getopt(ac,av,"s:p:u:n:t:c:ka:"))!=-1)switch(o){case's':inet_pton(AF_INET,optarg,&srv.sin_addr);host=optarg;break;case'p':port=atoi(optarg);break;case'u':path=optarg;break;case'n':n=atoi(optarg);break;case't':tmax=atof(optarg);break;case'c':cnt=atoi(optarg);break;case'k':ka=1;break;case'a':{struct in_addr x;inet_pton(AF_INET,optarg,&x);first=ntohl(x.s_addr);break;}}
 srv.sin_port=htons(port);ep=epoll_create1(0);struct cl*cs=calloc(n,sizeof*cs);double t0=now(),t;for(int i=0;i<n;i++)op(&cs[i],i,1);static char sink[1<<20];
 for(;;){int alive=0;for(int i=0;i<n;i++)alive+=!cs[i].done;if(!alive)break;struct epoll_event ev[64];int k=epoll_wait(ep,ev,64,50);t=now();if(t-t0>tmax)break;
  for(int j=0;j<k;j++){int i=ev[j].data.u32;struct cl*c=&cs[i];if(c->done)continue;
   if(ev[j].events&EPOLLOUT){int er=0;socklen_t l=sizeof er;getsockopt(c->fd,SOL_SOCKET,SO_ERROR,&er,&l);if(er){fin(c,i,0);continue;}struct epoll_event e={.events=EPOLLIN,.data.u32=i};epoll_ctl(ep,EPOLL_CTL_MOD,c->fd,&e);op(c,i,0);continue;}
   if(c->hdr){int r=recv(c->fd,c->h+c->hl,sizeof c->h-1-c->hl,MSG_PEEK);if(r<=0){if(r<0&&errno==EAGAIN)continue;fin(c,i,0);continue;}
    c->h[c->hl+r]=0;char*e=strstr(c->h,"\r\n\r\n");int old=c->hl;if(!e){recv(c->fd,c->h+old,r,0);c->hl+=r;continue;}
    int consume=(e+4-c->h)-old;recv(c->fd,c->h+old,consume,0);int st=0;sscanf(c->h,"HTTP/%*s %d",&st);char*cl=strcasestr(c->h,"content-length:");c->left=cl?atoll(cl+15):-1;c->hdr=0;if(st!=200&&st!=206){fin(c,i,0);continue;}if(c->left==0){fin(c,i,1);continue;}}
   for(int q=0;q<8;q++){int64_t w=c->left<0||c->left>(64<<20)?(64<<20):c->left;ssize_t r=recv(c->fd,sink,w,MSG_TRUNC|MSG_DONTWAIT);if(r<0){if(errno!=EAGAIN)fin(c,i,0);break;}if(r==0){fin(c,i,c->left<=0);break;}tot+=r;if(c->left>0){c->left-=r;if(!c->left){fin(c,i,1);break;}}}
  }}
 t=now();double dt=t-t0;struct rusage ru;getrusage(RUSAGE_SELF,&ru);double cpu=ru.ru_utime.tv_sec+ru.ru_stime.tv_sec+(ru.ru_utime.tv_usec+ru.ru_stime.tv_usec)*1e-6;
 double p50=0,p99=0,mx=0;if(nl){qsort(lat,nl,8,cmp);p50=lat[nl/2];p99=lat[nl*99/100];mx=lat[nl-1];}
 printf("MBps=%.1f secs=%.3f bytes=%llu ok=%llu errs=%llu rps=%.1f get_p50_s=%.5f get_p99_s=%.5f get_max_s=%.5f client_cpu=%.3f client_util=%.2f\n",tot/dt/1e6,dt,(unsigned long long)tot,(unsigned long long)ok,(unsigned long long)errs,ok/dt,p50,p99,mx,cpu,cpu/dt);return 0;}
