using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Switchyard.Tests.Client;
using Xunit;
using Given = Switchyard.Tests.Client.Given;

namespace Switchyard.Tests.Money;

/// <summary>A budget that is nearly used up routes calls to a cheaper model.</summary>
[Covers("B1")]
public sealed class CheaperRouteTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task From_the_share_named_calls_go_to_the_cheaper_model_and_say_so()
    {
        // Each call of the dear model costs $0.0006 of $0.002.
        await using var given = AnEngine(usd: 0.002m, after: "50%");
        List<(string Provider, string? Cheaper)> answered = [];
        for (var i = 0; i < 4; i++)
            answered.Add(await AskAsync(given, limit: 50));

        const string Said = "mini; budget=total";
        Assert.Equal([("acme", null), ("acme", null), ("other", Said), ("other", Said)], answered);
    }

    [Fact]
    public async Task What_does_not_fit_any_more_goes_there_before_it_is_cut_short_or_refused()
    {
        await using var given = AnEngine(usd: 0.005m, after: "90%");

        Assert.Equal(("other", "mini; budget=total"), await AskAsync(given, limit: null));
        Assert.Equal(("acme", null), await AskAsync(given, limit: 50));
    }

    [Fact]
    public async Task What_does_not_fit_even_there_is_refused()
    {
        await using var given = AnEngine(usd: 0.0000001m, after: "90%");

        var error = await Assert.ThrowsAsync<CallException>(() => AskAsync(given, limit: 50));

        Assert.Equal(CallErrorKind.BudgetExceeded, error.Error.Kind);
    }

    [Fact]
    public async Task A_call_of_the_cheaper_model_itself_is_left_alone()
    {
        await using var given = AnEngine(usd: 0.002m, after: "1%");
        await AskAsync(given, limit: 50);

        Assert.Equal(("other", null), await AskAsync(given, limit: 50, model: "mini"));
    }

    [Fact]
    public async Task What_the_cheaper_model_says_is_not_kept_as_the_answer_of_the_other()
    {
        await using var given = AnEngine(usd: 0.002m, after: "50%", options => options.Cache = new CacheOptions { Enabled = true });
        foreach (var text in (string[])["one", "two"])
            await AskAsync(given, limit: 50, text: text);
        Assert.Equal("other", (await AskAsync(given, limit: 50, text: "three")).Provider);

        await given.Engine.ApplyAsync(options => options.Budgets.Named["total"].Usd = 1, Stop);

        Assert.Equal(("acme", null), await AskAsync(given, limit: 50, text: "three"));
    }

    [Fact]
    public void It_must_be_a_model_there_is_and_the_budget_one_of_all_targets()
    {
        Assert.Contains(
            "neither an alias nor provider/model", Refused(budget => budget.CheaperModel = "mimi"), StringComparison.Ordinal);
        Assert.Contains("name a fallback there", Refused(budget => budget.Provider = "mock"), StringComparison.Ordinal);
        Assert.Contains("not a percentage", Refused(budget => budget.CheaperAfter = "soon"), StringComparison.Ordinal);

        static string Refused(Action<BudgetOptions> change)
        {
            var options = new SwitchyardOptions { Providers = { ["mock"] = new() }, AutoEnable = false };
            options.Models["mini"] = new() { Targets = [new() { Model = "mock/mock-fast-model" }] };
            options.Budgets.Named["total"] = new() { Usd = 1, CheaperModel = "mini" };
            change(options.Budgets.Named["total"]);
            return string.Join(' ', global::Switchyard.Engine.OptionsCheck.FindErrors(options));
        }
    }

    private static Given AnEngine(decimal usd, string after, Action<SwitchyardOptions>? configure = null) => Given.AnEngineWith(
        new CountedClient(),
        options =>
        {
            options.Prices.Models["acme/*"] = new() { Input = 1, Output = 10 };
            options.Prices.Models["other/*"] = new() { Input = 0.001m, Output = 0.01m };
            options.Models["mini"] = new() { Targets = [new() { Model = "other/tiny" }] };
            options.Budgets.Named["total"] = new() { Usd = usd, Period = "day", CheaperModel = "mini", CheaperAfter = after };
            configure?.Invoke(options);
        },
        builder =>
        {
            // No day of the budget ends between two calls of a test.
            builder.Services.AddSingleton<TimeProvider>(new TestClock());
            builder.AddProvider("other", new CountedClient(), null, "tiny");
        });

    private static async Task<(string Provider, string? Cheaper)> AskAsync(
        Given given, int? limit, string? model = null, string text = "hi")
    {
        var answer = await given.Chat.GetResponseAsync(text, new() { MaxOutputTokens = limit, ModelId = model }, Stop);
        var said = answer.AdditionalProperties!;
        return ((string)said[AnswerFacts.Provider]!, said.TryGetValue(AnswerFacts.Cheaper, out var cheaper) ? (string?)cheaper : null);
    }

    /// <summary>Counts 100 tokens in and 50 out for each answer.</summary>
    private sealed class CountedClient : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, "hello"))
            {
                Usage = new() { InputTokenCount = 100, OutputTokenCount = 50 },
            });

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
