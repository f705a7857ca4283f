using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Guards;
using Switchyard.Telemetry;

namespace Switchyard.Benchmarks;

/// <summary>The cost of guards for a call to which none of them applies. It must stay below a microsecond.</summary>
public class GuardOverhead
{
    private static readonly FailedResponse s_answer = new(new CallError(CallErrorKind.Internal, "nothing"));
    private ModelCall _call = null!;
    private GuardMiddleware _step = null!;
    private CallHandler _next = null!;

    [GlobalSetup]
    public void Setup()
    {
        var http = new GuardHttp();
        _step = new GuardMiddleware(new GuardLog(new EngineMetrics(), NullLogger<GuardLog>.Instance), http);
        var options = new Dictionary<string, GuardOptions>
        {
            ["pii"] = new() { Type = "mask", Models = ["another"] },
            ["deny"] = new() { Type = "block", Words = ["word"], Models = ["another"] },
        };
        _call = SampleCall.Create(new CallSections().With(GuardPlan.Section, _step.PlanOf(options, [])));
        _next = static _ => new(s_answer);
    }

    [Benchmark]
    public ValueTask<CallResponse> Run() => _step.InvokeAsync(_call, _next);
}
