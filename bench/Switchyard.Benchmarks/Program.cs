using BenchmarkDotNet.Running;
using Switchyard.Benchmarks;

// `-- --filter '*'` runs all, `-- --list flat` names them; see bench/README.md for the columns that matter.
var summaries = BenchmarkSwitcher.FromAssembly(typeof(BenchmarkConfig).Assembly).Run(args, new BenchmarkConfig());

// BenchmarkDotNet reports a benchmark that threw as a row of NA and exits with 0; a script needs the failure.
return summaries.All(summary => summary.Reports.All(report => report.Success)) ? 0 : 1;
