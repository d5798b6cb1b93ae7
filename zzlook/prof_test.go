package main
import ("testing";"os";"time";"bro_exporter/parse";"bro_exporter/analyze")
func BenchmarkAdd(b *testing.B){ f,_:=os.Open("../testdata/7.0.11/pcap/prof.log"); r:=parse.NewReader(f,"x"); var l []*parse.Snapshot
 for r.Scan(){ if s,ok:=r.Record().(*parse.Snapshot);ok{l=append(l,s.Clone())}}
 b.ResetTimer()
 p:=analyze.New(time.Time{},time.Time{})
 for i:=0;i<b.N;i++{ s:=l[2+i%(len(l)-3)]; s.Time=1.4e9+float64(i)*15; s.First=false; s.Runtime.Real.Value=float64(i)*15; p.Add(s)}
}
func BenchmarkJudge(b *testing.B){ f,_:=os.Open("../testdata/7.0.11/pcap/prof.log"); r:=parse.NewReader(f,"x"); var l []*parse.Snapshot
 for r.Scan(){ if s,ok:=r.Record().(*parse.Snapshot);ok{l=append(l,s.Clone())}}
 for i:=0;i<b.N;i++{ b.StopTimer(); p:=analyze.New(time.Time{},time.Time{}); for j:=0;j<2000;j++ {s:=l[2+j%(len(l)-3)]; s.Time=1.4e9+float64(j)*15; s.First=false; s.Runtime.Real.Value=float64(j)*15; p.Add(s)}; b.StartTimer(); p.Report("","",0)}
}
