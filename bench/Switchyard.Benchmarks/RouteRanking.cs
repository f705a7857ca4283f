using BenchmarkDotNet.Attributes;
using Switchyard.Attempts;
using Switchyard.Calls;
using Switchyard.Routing.Selectors;
using Switchyard.Canonical;
using Switchyard.Targets;

namespace Switchyard.Benchmarks;

/// <summary>
/// The cost of ranking a route's deployments, recording why and taking the first, as a call does. The target is 2 µs for 100.
/// </summary>
public class RouteRanking
{
    private Route _route = null!;
    private SelectionFacts _facts;
    private long _seed;

    [Params(2, 100)]
    public int Deployments { get; set; }

    [Params("weighted", "cost", "performance")]
    public string Strategy { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        var now = TimeSpan.FromHours(1);
        var deployments = Enumerable.Range(0, Deployments).Select(i => new Deployment($"p{i}", "m", new Binding(), new DeploymentState())
        {
            Weight = 1 + (i % 7),
            IsPreferred = true,
            Policy = new() { Circuit = new() },
            Price = new Price(1e-6 * (1 + (i % 11))),
        }).ToArray();
        foreach (var deployment in deployments)
            deployment.State.Latency(stream: false).Succeeded(TimeSpan.FromMilliseconds(100 + deployment.Weight), now);
        _route = new Route("any", new TargetGroup(Strategies.Selector(Strategy, null), deployments)) { Strategy = Strategy };
        _facts = new SelectionFacts { Now = now, InputTokens = 1000, OutputTokens = 1000 };
    }

    [Benchmark]
    public CallDecision Rank()
    {
        using var candidates = Candidates.Of(_route, _facts, _seed++, takesTurns: true);
        var decision = candidates.Decide(Candidate.UsuallyKept);
        candidates.NextUntried();
        return decision;
    }

    private sealed class Binding : IDeploymentBinding;

    private sealed class Price(double perToken) : IDeploymentPrice
    {
        public double? Of(long input, long cached, long output) => (input + output) * perToken;

        public string Version => "test";

        public TokenCost CostOf(in TokenUsage usage, out Unpriced why) => throw new NotSupportedException();

        public long? MostFor(long input, long output) => throw new NotSupportedException();
    }
}
