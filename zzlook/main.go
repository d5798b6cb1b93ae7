package main
import ("fmt";"os";"time";"strings";"io";"bro_exporter/parse";"bro_exporter/analyze";"bro_exporter/analyze/labelled")
func main(){ for _,p:=range os.Args[1:]{ var f io.Reader; f,_=os.Open(p)
 if !strings.HasPrefix(p,"/") && os.Getenv("FILE")=="" { cs,_:=labelled.Cases(os.DirFS("testdata")); for _,c:=range cs { if c.Name==p { f,_=c.Open(); fmt.Println("WHAT",c.What)}}}
 if os.Getenv("RAW")!="" {io.Copy(os.Stdout,f);return}
 r:=parse.NewReader(f,p); a:=analyze.New(time.Time{},time.Time{})
 for r.Scan(){ if s,ok:=r.Record().(*parse.Snapshot);ok{a.Add(s)}}
 rep:=a.Report(p,p,r.Unparsed())
 fmt.Println("##",p,rep.Worst(),len(rep.Runs))
 if os.Getenv("V")!="" {for _,run:=range rep.Runs{ fmt.Println(" run",run.From,run.To,run.StartUp);for _,x:=range run.Resources{ if pts!=""&&strings.Contains(x.Name,pts){ for i:=0;i<len(x.Points);i+=1+len(x.Points)/40 {fmt.Printf(" %.1fh:%.0f/%.0f/%.0f",x.Points[i].Time.Sub(run.From).Hours(),x.Points[i].Min,x.Points[i].Mean,x.Points[i].Max)};fmt.Println()}; if x.Verdict!=analyze.Flat||os.Getenv("V")=="2"{fmt.Printf("   %-50s %12.1f %12.1f slope %.4g [%.4g %.4g] p=%.2g %s %v\n",x.Name,x.First,x.Last,x.Trend.Slope,x.Trend.Low,x.Trend.High,x.Trend.P,x.Verdict,x.Steps)}}}}
 for _,x:=range rep.Findings{ fmt.Println("  ",x.Severity,x.Kind,x.Text)}
}}
func init(){ if n:=os.Getenv("PTS");n!="" { pts=n } }
var pts string
