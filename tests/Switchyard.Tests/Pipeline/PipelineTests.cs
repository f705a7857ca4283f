using Switchyard.Calls;
using Switchyard.Pipeline;
using Switchyard.Tests.Calls;
using Xunit;

namespace Switchyard.Tests.Pipeline;

/// <summary>The composition of steps, and the two ends of a call.</summary>
public sealed class PipelineTests
{
    private readonly List<string> _passed = [];

    [Fact]
    public async Task The_first_step_is_the_outermost()
    {
        var pipeline = CallPipeline.Fold([new Step("outer", _passed), new Step("inner", _passed)], _ => Open("last"));
        await pipeline(SomeCall.Of());

        Assert.Equal(["outer in", "inner in", "last", "inner out", "outer out"], _passed);
    }

    [Fact]
    public void No_step_means_no_hop()
    {
        CallHandler last = _ => Open("last");
        Assert.Same(last, CallPipeline.Fold([], last));
    }

    [Theory]
    [MemberData(nameof(Thrown))]
    public async Task Whatever_a_step_throws_becomes_a_failed_answer(Exception thrown, CallErrorKind kind)
    {
        var ends = new SeenEnds();
        var call = SomeCall.Of(observer: ends, pipeline: _ => throw thrown);
        await using (var response = await Completion.RunAsync(call))
        {
            Assert.Equal(kind, response.Error!.Kind);
            Assert.Same(call, response.Call);
            Assert.DoesNotContain("secret", response.Error.Message, StringComparison.Ordinal);
            Assert.Empty(ends.Calls);
        }

        Assert.Single(ends.Calls);
    }

    public static TheoryData<Exception, CallErrorKind> Thrown() => new()
    {
        { new CallException(CallErrorKind.Forbidden, "Not today."), CallErrorKind.Forbidden },
        { new InvalidOperationException("a secret of the step's"), CallErrorKind.Internal },
        { new OperationCanceledException("a secret of the step's"), CallErrorKind.Internal },
    };

    [Fact]
    public async Task A_cancellation_is_the_clients_only_when_the_client_has_left()
    {
        using var client = new CancellationTokenSource();
        await client.CancelAsync();
        var response = await Completion.RunAsync(SomeCall.Of(pipeline: _ => throw new OperationCanceledException(), aborted: client.Token));

        Assert.Equal(CallErrorKind.Canceled, response.Error!.Kind);
    }

    [Fact]
    public async Task A_call_ends_once_however_often_its_answer_is_disposed_and_though_giving_back_fails()
    {
        var ends = new SeenEnds();
        var call = SomeCall.Of(observer: ends, pipeline: _ => new(new OpenAnswer(onRelease: new InvalidOperationException("broken"))));
        var response = await Completion.RunAsync(call);

        await Assert.ThrowsAsync<InvalidOperationException>(() => response.DisposeAsync().AsTask());
        await response.DisposeAsync();
        Assert.Single(ends.Calls);
    }

    [Fact]
    public async Task Only_the_answer_that_is_returned_ends_the_call()
    {
        var ends = new SeenEnds();
        var inner = new OpenAnswer();
        var call = SomeCall.Of(observer: ends, pipeline: async _ =>
        {
            await inner.DisposeAsync();
            return new OpenAnswer();
        });
        await using (await Completion.RunAsync(call))
            Assert.Empty(ends.Calls);

        Assert.Single(ends.Calls);
        Assert.Throws<InvalidOperationException>(() => inner.Call);
    }

    [Fact]
    public async Task An_observer_or_sink_that_throws_keeps_the_others_from_nothing()
    {
        var (attempts, records) = (new List<Attempt>(), new List<CallRecord>());
        var completion = new Completion([new Sink(_ => throw new InvalidOperationException("full")), new Sink(records.Add)],
            [new Observer(_ => throw new InvalidOperationException("full")), new Observer(attempts.Add)]);
        var call = SomeCall.Of(SomeCall.RouteTo("a/m"), observer: completion, pipeline: _ => Open("last"));
        var response = await Completion.RunAsync(call);
        call.BeginAttempt(SomeCall.Deployment("a/m")).End(AttemptOutcome.Finished, null);
        await response.DisposeAsync();

        Assert.Single(attempts);
        var record = Assert.Single(records);
        Assert.Equal((call.Id, CallOutcome.Abandoned, "any"), (record.Id, record.Outcome, record.Alias));
        Assert.Equal(AttemptOutcome.Finished, Assert.Single(record.Attempts).Outcome);
    }

    [Fact]
    public void A_slot_holds_what_was_set_under_its_own_key()
    {
        var (one, other, untouched) = (new SlotKey<string>(), new SlotKey<List<int>>(), new SlotKey<string>());
        var call = SomeCall.Of();
        Assert.Null(call.Get(one));
        call.Set(other, [1]);
        call.Set(one, "a fact");

        Assert.Equal("a fact", call.Get(one));
        Assert.Equal([1], call.Get(other));
        Assert.Null(call.Get(untouched));
        Assert.Null(SomeCall.Of().Get(one));
        call.Set(one, null);
        Assert.Null(call.Get(one));
    }

    [Fact]
    public void A_section_that_is_not_configured_is_null()
    {
        var (configured, absent) = (new SectionKey<string>(), new SectionKey<string>());
        var sections = new CallSections().With(configured, "limits").With(absent, null);

        Assert.Equal("limits", sections.Find(configured));
        Assert.Null(sections.Find(absent));
        Assert.Null(CallSections.None.Find(configured));
    }

    private ValueTask<CallResponse> Open(string name)
    {
        _passed.Add(name);
        return new(new OpenAnswer());
    }

    private sealed class Step(string name, List<string> passed) : ICallMiddleware
    {
        public async ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next)
        {
            passed.Add($"{name} in");
            var response = await next(call);
            passed.Add($"{name} out");
            return response;
        }
    }

    private sealed class Sink(Action<CallRecord> note) : ICallSink
    {
        public void OnCallEnded(CallRecord record) => note(record);
    }

    private sealed class Observer(Action<Attempt> note) : IAttemptObserver
    {
        public void OnAttemptEnded(ModelCall call, Attempt attempt) => note(attempt);
    }
}
