using BenchmarkDotNet.Running;
using Switchyard.Benchmarks;

// `-- --filter '*'` runs all, `-- --list flat` names them; see bench/README.md for the columns that matter.
BenchmarkSwitcher.FromAssembly(typeof(BenchmarkConfig).Assembly).Run(args, new BenchmarkConfig());
