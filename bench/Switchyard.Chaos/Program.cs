using System.Globalization;
using Switchyard.Chaos;

// chaos [SECONDS [SEED [CLIENTS]]]     or     chaos blackhole [SECONDS [CLIENTS]]
if (args is ["blackhole", ..])
{
    var (bySecond, asked) = await BlackHoleRun.RunAsync(Whole(1, 10), Whole(2, 16));
    BlackHoleRun.Print(bySecond, asked, Console.Out);
    return 0;
}

var (seconds, seed, clients) = (Whole(0, 120), Whole(1, Random.Shared.Next()), Whole(2, 64));
Console.WriteLine(string.Create(
    CultureInfo.InvariantCulture, $"seed {seed}, {clients} clients, {seconds} s of failures, then outage and recovery"));
var report = await ChaosRun.RunAsync(seed, TimeSpan.FromSeconds(seconds), clients, slice: TimeSpan.FromSeconds(2));
Console.WriteLine(report);
var problems = report.Verdict().ToList();
foreach (var problem in problems)
    Console.Error.WriteLine(problem);
return problems.Count == 0 ? 0 : 1;

int Whole(int at, int otherwise) => args.Length > at ? int.Parse(args[at], CultureInfo.InvariantCulture) : otherwise;
