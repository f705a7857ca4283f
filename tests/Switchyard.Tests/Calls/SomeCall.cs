using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Dialects;
using Switchyard.Dialects.OpenAIChat;
using Switchyard.Routing.Selectors;
using Switchyard.Targets;
using Switchyard.TestKit;

namespace Switchyard.Tests.Calls;

/// <summary>Calls, routes and answers for tests of one part of the call path, without an engine.</summary>
internal static class SomeCall
{
    private static readonly OpenAIChatDialect s_dialect = new();

    public static ModelCall Of(
        Route? route = null,
        TimeProvider? time = null,
        ICallObserver? observer = null,
        CallHandler? pipeline = null,
        bool stream = false,
        CallClocks? clocks = null,
        CallSections? sections = null,
        bool explain = false,
        CancellationToken aborted = default)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(Some.ChatRequest("any", stream: stream));
        var envelope = s_dialect.ReadEnvelope(new IngressRequest(CallOperation.Chat), bytes);
        var snapshot = new CallSnapshot(1, new NoRoutes(), clocks ?? CallClocks.Default, sections)
        {
            Observer = observer ?? new SeenEnds(),
            Pipeline = pipeline ?? (_ => throw new InvalidOperationException("This test has no pipeline.")),
        };
        var request = new CallRequest(envelope, CallBody.FromWire(s_dialect, envelope, PooledBytes.Owned(bytes)))
        {
            Explain = explain,
        };
        return new ModelCall(request, snapshot, holdsSnapshot: false, time ?? TimeProvider.System, aborted) { Route = route };
    }

    /// <summary>A route whose targets are tried in the order given.</summary>
    public static Route RouteTo(params string[] targets) =>
        new("any", [.. targets.Select(target => new TargetGroup(PrioritySelector.Instance, Deployment(target)))]);

    public static Deployment Deployment(string target, double weight = 1, DeploymentState? state = null)
    {
        var slash = target.IndexOf('/', StringComparison.Ordinal);
        return new Deployment(target[..slash], target[(slash + 1)..], new NoBinding(), state ?? new DeploymentState()) { Weight = weight };
    }

    public static CallError Error(CallErrorKind kind, string message = "It failed.") => new(kind, message);

    private sealed class NoRoutes : IModelResolver
    {
        public ValueTask<RouteResult> ResolveAsync(string model, CallOperation operation, CancellationToken cancellationToken) =>
            new(Error(CallErrorKind.ModelNotFound));
    }

    private sealed class NoBinding : IDeploymentBinding;
}

/// <summary>Remembers which attempts and calls ended.</summary>
internal sealed class SeenEnds : ICallObserver
{
    public List<(string Deployment, AttemptOutcome Outcome)> Attempts { get; } = [];

    public List<CallError?> Calls { get; } = [];

    public void OnAttemptEnded(ModelCall call, Attempt attempt) => Attempts.Add((attempt.Deployment.ToString(), attempt.Outcome));

    public void OnCallEnded(ModelCall call, CallResponse response) => Calls.Add(response.Error);
}

/// <summary>An open answer that records whether it was disposed.</summary>
internal sealed class OpenAnswer(Attempt? attempt = null, Exception? onRelease = null) : CallResponse
{
    public bool IsReleased { get; private set; }

    public void Finish() => IsComplete = true;

    public void Break(CallError error) => Error = error;

    protected override ValueTask ReleaseAsync()
    {
        IsReleased = true;
        attempt?.End(this);
        return onRelease is null ? ValueTask.CompletedTask : ValueTask.FromException(onRelease);
    }
}
