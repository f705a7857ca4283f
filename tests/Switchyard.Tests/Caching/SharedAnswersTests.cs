using System.Security.Cryptography;
using System.Text;
using Switchyard.Caching;
using Switchyard.Calls;
using Switchyard.Dialects.BuiltIn;
using Switchyard.TestKit;
using Switchyard.Tests.Calls;
using Xunit;

namespace Switchyard.Tests.Caching;

/// <summary>The callers between which cached answers are shared, and those between which they are not.</summary>
public sealed class SharedAnswersTests
{
    private const long Most = 64;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
    private static readonly CallHandler s_nobody = static _ => throw new InvalidOperationException("No provider is to be asked.");
    private static readonly AnswerKey s_key = AnswerKey.From(SHA256.HashData("a request"u8));

    private readonly TestClock _clock = new();
    private readonly SharedAnswers _answers;

    public SharedAnswersTests()
    {
        _answers = new SharedAnswers(BuiltInDialects.Set, _clock);
        _answers.Store.Bound(10, 1024 * 1024);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_answer_that_a_budget_has_reduced_is_the_first_ones_alone(bool isCut)
    {
        var go = new TaskCompletionSource();
        var first = AskAsync(ACall(), async call =>
        {
            await go.Task.WaitAsync(Token);
            call.Set(isCut ? CallMarks.MaxOutput : CallMarks.Cheaper, "16");
            return Answer("short");
        });
        var other = AskAsync(ACall(), _ => new(Answer("whole")));
        go.SetResult();

        Assert.Equal(("short", "whole"), (await first, await other));
        Assert.Equal("whole", await AskAsync(ACall(), s_nobody));
    }

    [Fact]
    public async Task Under_a_key_of_the_clients_own_a_reduced_answer_is_the_answer()
    {
        var terms = new FlightTerms(TimeSpan.FromHours(1), Most, GoesOnAlone: true, SharesReduced: true);

        var first = await AskAsync(
            ACall(),
            call =>
            {
                call.Set(CallMarks.MaxOutput, "16");
                return new(Answer("short"));
            },
            terms);

        Assert.Equal(("short", "short"), (first, await AskAsync(ACall(), s_nobody, terms)));
    }

    [Fact]
    public async Task An_answer_that_a_guard_has_let_pass_unseen_is_the_first_ones_alone()
    {
        var go = new TaskCompletionSource();
        var first = AskAsync(ACall(), async call =>
        {
            await go.Task.WaitAsync(Token);
            call.Set(CallMarks.UncheckedBy, "outside");
            return Answer("unseen");
        });
        var other = AskAsync(ACall(), _ => new(Answer("seen")));
        go.SetResult();

        Assert.Equal(("unseen", "seen"), (await first, await other));
        Assert.Equal("seen", await AskAsync(ACall(), s_nobody));
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(true, false)]
    public async Task What_was_begun_before_answers_are_dropped_is_neither_shared_nor_kept_afterwards(bool isOfOne, bool reads)
    {
        var go = new TaskCompletionSource();
        var early = AskAsync(
            ACall(),
            async _ =>
            {
                await go.Task.WaitAsync(Token);
                return Answer("early");
            },
            reads: reads);
        if (isOfOne)
            _answers.Invalidate(s_key);
        else
            _answers.Clear();

        Assert.Equal("late", await AskAsync(ACall(), _ => new(Answer("late"))));
        go.SetResult();

        Assert.Equal("early", await early);
        Assert.Equal("late", await AskAsync(ACall(), s_nobody));
    }

    [Fact]
    public async Task What_asks_for_something_else_than_was_dropped_is_kept()
    {
        var go = new TaskCompletionSource();
        var early = AskAsync(ACall(), async _ =>
        {
            await go.Task.WaitAsync(Token);
            return Answer("early");
        });
        _answers.Invalidate(AnswerKey.From(SHA256.HashData("another request"u8)));
        go.SetResult();

        Assert.Equal("early", await early);
        Assert.Equal("early", await AskAsync(ACall(), s_nobody));
    }

    [Fact]
    public async Task A_failure_of_one_who_wished_for_less_time_is_his_own_and_of_those_who_wished_the_same()
    {
        var go = new TaskCompletionSource();
        var first = AskAsync(Hasty(), async call =>
        {
            await go.Task.WaitAsync(Token);
            call.BeginAttempt(SomeCall.Deployment("up/m"));
            return new FailedResponse(SomeCall.Error(CallErrorKind.UpstreamTimeout, "too late"));
        });
        var same = AskAsync(Hasty(), s_nobody);
        var patient = AskAsync(ACall(), _ => new(Answer("in time")));
        go.SetResult();

        Assert.Equal(("too late", "too late", "in time"), (await first, await same, await patient));

        ModelCall Hasty()
        {
            var call = ACall();
            call.Set(CallMarks.Wishes, new CallWishes { Attempt = TimeSpan.FromSeconds(1) });
            return call;
        }
    }

    [Fact]
    public async Task What_another_node_keeps_is_given_out_and_what_is_larger_than_is_held_here_is_asked_for()
    {
        var small = await AskAsync(ACall(), s_nobody, elsewhere: Kept("kept"));
        _answers.Store.Clear();
        var large = await AskAsync(ACall(), _ => new(Answer("asked")), elsewhere: Kept(new string('x', (int)Most + 1)));

        Assert.Equal(("kept", "asked"), (small, large));
    }

    [Fact]
    public async Task A_call_that_only_reads_the_cache_gets_what_another_node_keeps()
    {
        var call = ACall();

        var answer = await AskAsync(call, s_nobody, elsewhere: Kept("kept"), writes: false);

        Assert.Equal(("kept", CacheOutcome.Hit), (answer, call.Cache!.Outcome));
        Assert.Equal(
            "asked", await AskAsync(ACall(), _ => new(Answer("asked")), elsewhere: () => new((KeptAnswer?)null), writes: false));
    }

    [Fact]
    public async Task What_another_node_keeps_under_a_key_of_the_clients_own_is_of_the_same_request_or_refused()
    {
        var another = AnswerKey.From(SHA256.HashData("another request"u8));

        var refused = await AskAsync(ACall(), s_nobody, elsewhere: Kept("kept"), mustBe: another);

        Assert.Equal(AskedAnswer.Mismatch().Error.Message, refused);
        Assert.Equal("kept", await AskAsync(ACall(), s_nobody, elsewhere: Kept("kept"), mustBe: s_key));
    }

    private async Task<string> AskAsync(
        ModelCall call, CallHandler next, FlightTerms? terms = null, Func<ValueTask<KeptAnswer?>>? elsewhere = null, bool writes = true,
        bool reads = true, AnswerKey? mustBe = null)
    {
        var response = await _answers.AnswerAsync(call, next, new AskedAnswer
        {
            Key = s_key,
            Content = mustBe ?? s_key,
            MustMatch = mustBe is not null,
            Terms = terms ?? new FlightTerms(TimeSpan.FromHours(1), Most, GoesOnAlone: false),
            Found = CacheOutcome.Hit,
            Joined = CacheOutcome.Shared,
            Reads = reads,
            Writes = writes,
            Elsewhere = elsewhere,
        }).AsTask().WaitAsync(s_patience, Token);
        await using var given = response;
        if (response.Error is { } error)
            return error.Message;
        var said = new StringBuilder();
        while (await ((ForwardedResponse)response).ReadAsync() is { IsEmpty: false } bytes)
            said.Append(Encoding.UTF8.GetString(bytes.Span));
        return said.ToString();
    }

    private ModelCall ACall() => SomeCall.Of(time: _clock);

    private CallResponse Answer(string text) => Keep(text).Open();

    private Func<ValueTask<KeptAnswer?>> Kept(string text) => () => new(Keep(text));

    private KeptAnswer Keep(string text) => new(
        new AnswerHead(KeptForm.Bytes), Encoding.UTF8.GetBytes(text),
        new AnswerSource { Provider = "up", Model = "m", Dropped = [], Usage = default }, s_key, _clock.GetUtcNow(), TimeSpan.FromHours(1));
}
