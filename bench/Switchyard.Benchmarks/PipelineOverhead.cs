using BenchmarkDotNet.Attributes;
using Switchyard.Calls;
using Switchyard.Pipeline;

namespace Switchyard.Benchmarks;

/// <summary>
/// The cost of a pipeline step: steps that only call the next one, around an answer that is available immediately. For a whole call see
/// <see cref="ForwardPath"/>.
/// </summary>
public class PipelineOverhead
{
    private readonly ModelCall _call = SampleCall.Create();
    private CallHandler _pipeline = null!;

    [Params(0, 4, 8)]
    public int Stages { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var answer = new FailedResponse(new CallError(CallErrorKind.Internal, "nothing"));
        _pipeline = CallPipeline.Fold([.. Enumerable.Repeat(new PassOn(), Stages)], _ => new(answer));
    }

    [Benchmark]
    public ValueTask<CallResponse> Run() => _pipeline(_call);

    /// <summary>Awaits, like a step that uses the answer; returning the task would cost nothing.</summary>
    private sealed class PassOn : ICallMiddleware
    {
        public async ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next) => await next(call);
    }
}
