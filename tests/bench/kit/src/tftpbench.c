/* tftpbench: N parallel TFTP readers in one epoll loop (RFC 1350/2347/2348/2349/7440).
 * Time-bounded; data is discarded after length/sequence checks (optional FNV check of each whole file).
 * usage: tftpbench -s IP [-p 69] -f FILE [-b blksize] [-w window] [-n clients] [-t max_secs] [-c transfers/client, 0=loop] [-T retrans_ms] [-a FIRST]
 * With -a, client number i sends from address FIRST + i, as nodes do.
 * prints one key=value line. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
static double now(void){struct timespec t;clock_gettime(CLOCK_MONOTONIC,&t);return t.tv_sec+t.tv_nsec*1e-9;}
struct cl{int fd,conn,done,unacked,oack;uint32_t next;/* next full block number */uint64_t bytes;double last,start;int xfers,tries;uint16_t lastack;int bs,ws;int64_t tsize;};
static struct sockaddr_in srv;static uint32_t first;static const char*file;static int bs=512,ws=1,n=1,cnt=1;static double tmax=5,rto=1.0;
static uint64_t tot,rex,errs,xf,gaps,acks,pk;static int ep;static char errmsg[128];static double*lat;static size_t nlat,clat;static int bs_seen,ws_seen;static int64_t ts_seen=-1;
static void rrq(struct cl*c){unsigned char b[600];int o=0;b[o++]=0;b[o++]=1;o+=sprintf((char*)b+o,"%s",file)+1;o+=sprintf((char*)b+o,"octet")+1;
 o+=sprintf((char*)b+o,"tsize")+1;o+=sprintf((char*)b+o,"0")+1;
 if(bs!=512){o+=sprintf((char*)b+o,"blksize")+1;o+=sprintf((char*)b+o,"%d",bs)+1;}
 if(ws!=1){o+=sprintf((char*)b+o,"windowsize")+1;o+=sprintf((char*)b+o,"%d",ws)+1;}
 sendto(c->fd,b,o,0,(void*)&srv,sizeof srv);}
static void ack(struct cl*c,uint16_t k){unsigned char b[4]={0,4,k>>8,k&255};c->lastack=k;c->unacked=0;acks++;send(c->fd,b,4,0);}
static void open_(struct cl*c,int i){c->fd=socket(AF_INET,SOCK_DGRAM|SOCK_NONBLOCK,0);int r=4<<20;setsockopt(c->fd,SOL_SOCKET,SO_RCVBUF,&r,sizeof r);
 if(first){struct sockaddr_in me={.sin_family=AF_INET,.sin_addr.s_addr=htonl(first+i)};if(bind(c->fd,(void*)&me,sizeof me)){perror("bind");exit(2);}}
 struct epoll_event e={.events=EPOLLIN,.data.u32=i};epoll_ctl(ep,EPOLL_CTL_ADD,c->fd,&e);
 c->conn=0;c->unacked=0;c->oack=0;c->next=1;c->bytes=0;c->bs=512;c->ws=1;c->tsize=-1;c->tries=0;c->lastack=0;c->start=c->last=now();rrq(c);}
static void fin(struct cl*c,int i,int ok){close(c->fd);if(ok){xf++;c->xfers++;if(nlat==clat){clat=clat?clat*2:1024;lat=realloc(lat,clat*8);}lat[nlat++]=now()-c->start;if(c->tsize>=0&&(uint64_t)c->tsize!=c->bytes){errs++;snprintf(errmsg,128,"size %llu!=%lld",(unsigned long long)c->bytes,(long long)c->tsize);}}
 else{errs++;c->xfers++;}
 if(cnt&&c->xfers>=cnt){c->done=1;return;}
 if(errs>200){c->done=1;return;}
 open_(c,i);}
static int cmp(const void*a,const void*b){double x=*(double*)a,y=*(double*)b;return x<y?-1:x>y;}
int main(int ac,char**av){int o,port=69;srv.sin_family=AF_INET;
 while((o=getopt(ac,av,"s:p:f:b:w:n:t:c:T:a:"))!=-1)switch(o){case's':inet_pton(AF_INET,optarg,&srv.sin_addr);break;case'p':port=atoi(optarg);break;case'f':file=optarg;break;case'b':bs=atoi(optarg);break;case'w':ws=atoi(optarg);break;case'n':n=atoi(optarg);break;case't':tmax=atof(optarg);break;case'c':cnt=atoi(optarg);break;case'T':rto=atof(optarg)/1000;break;case'a':{struct in_addr x;inet_pton(AF_INET,optarg,&x);first=ntohl(x.s_addr);break;}}
 if(!file)return 2;srv.sin_port=htons(port);ep=epoll_create1(0);struct cl*cs=calloc(n,sizeof*cs);double t0=now();for(int i=0;i<n;i++)open_(&cs[i],i);
 enum{V=64};static unsigned char buf[V][65600];struct mmsghdr mm[V];struct iovec iv[V];struct sockaddr_in from[V];
 double t=t0,lastscan=t0;
 for(;;){int alive=0;for(int i=0;i<n;i++)alive+=!cs[i].done;if(!alive)break;
  struct epoll_event ev[64];int k=epoll_wait(ep,ev,64,20);t=now();if(t-t0>tmax)break;
  for(int j=0;j<k;j++){int i=ev[j].data.u32;struct cl*c=&cs[i];if(c->done)continue;
   for(;;){int want=c->ws>1?(c->ws<V?c->ws:V):1;
    for(int q=0;q<want;q++){iv[q].iov_base=buf[q];iv[q].iov_len=65600;memset(&mm[q].msg_hdr,0,sizeof mm[q].msg_hdr);mm[q].msg_hdr.msg_iov=&iv[q];mm[q].msg_hdr.msg_iovlen=1;mm[q].msg_hdr.msg_name=&from[q];mm[q].msg_hdr.msg_namelen=sizeof from[q];}
    int r=recvmmsg(c->fd,mm,want,MSG_DONTWAIT,0);if(r<=0){if(r<0&&errno==ECONNREFUSED){snprintf(errmsg,128,"refused");fin(c,i,0);}break;}
    int ended=0;
    for(int q=0;q<r&&!ended;q++){int len=mm[q].msg_len;unsigned char*b=buf[q];if(len<4)continue;pk++;
     if(!c->conn){connect(c->fd,(void*)&from[q],sizeof from[q]);c->conn=1;}
     c->last=t;c->tries=0;int op=b[1];uint16_t num=b[2]<<8|b[3];
     if(op==5){snprintf(errmsg,128,"ERR%d:%.*s",num,len-5>90?90:len-5,b+4);fin(c,i,0);ended=1;break;}
     if(op==6){if(c->oack){continue;}c->oack=1;char*p=(char*)b+2,*e=(char*)b+len;while(p<e){char*v=p+strlen(p)+1;if(v>=e)break;if(!strcasecmp(p,"blksize"))c->bs=atoi(v);else if(!strcasecmp(p,"windowsize"))c->ws=atoi(v);else if(!strcasecmp(p,"tsize"))c->tsize=atoll(v);p=v+strlen(v)+1;}bs_seen=c->bs;ws_seen=c->ws;ts_seen=c->tsize;ack(c,0);continue;}
     if(op!=3)continue;int dl=len-4;
     if(num==(uint16_t)c->next){c->next++;c->bytes+=dl;tot+=dl;c->unacked++;
      if(dl<c->bs){if(!bs_seen){bs_seen=c->bs;ws_seen=c->ws;}ack(c,num);fin(c,i,1);ended=1;break;}
      if(c->unacked>=c->ws)ack(c,num);}
     else{ /* duplicate or gap */ gaps++;uint16_t good=(uint16_t)(c->next-1);if((int16_t)(num-(uint16_t)c->next)>0){if(c->lastack!=good||c->unacked)ack(c,good);} else if(c->ws==1&&num==good){/* old dup: RFC1123 SAS guard: don't re-ack */} }
    }
    if(ended||r<want)break;}
  }
  if(t-lastscan>0.05){lastscan=t;for(int i=0;i<n;i++){struct cl*c=&cs[i];if(!c->done&&t-c->last>rto){c->last=t;rex++;if(++c->tries>5){snprintf(errmsg,128,"timeout");fin(c,i,0);continue;}if(!c->conn)rrq(c);else ack(c,(uint16_t)(c->next-1));}}}
 }
 t=now();for(int i=0;i<n;i++)if(!cs[i].done){/* abort politely */unsigned char e[]={0,5,0,0,'x',0};if(cs[i].conn)send(cs[i].fd,e,6,0);}
 struct rusage ru;getrusage(RUSAGE_SELF,&ru);double cpu=ru.ru_utime.tv_sec+ru.ru_stime.tv_sec+(ru.ru_utime.tv_usec+ru.ru_stime.tv_usec)*1e-6,dt=t-t0;
 double med=0,mx=0;if(nlat){qsort(lat,nlat,8,cmp);med=lat[nlat/2];mx=lat[nlat-1];}
 printf("MBps=%.2f secs=%.3f bytes=%llu xfers=%llu errs=%llu rexmit=%llu gaps=%llu pkts=%llu acks=%llu blksize=%d window=%d tsize=%lld xfer_med_s=%.4f xfer_max_s=%.4f client_cpu=%.3f client_util=%.2f%s%s%s\n",tot/dt/1e6,dt,(unsigned long long)tot,(unsigned long long)xf,(unsigned long long)errs,(unsigned long long)rex,(unsigned long long)gaps,(unsigned long long)pk,(unsigned long long)acks,bs_seen,ws_seen,(long long)ts_seen,med,mx,cpu,cpu/dt,errmsg[0]?" msg=\"":"",errmsg,errmsg[0]?"\"":"");
 return 0;}
