using System.Collections.Concurrent;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Client;
using Switchyard.Configuration;
using Switchyard.Money;
using Switchyard.Providers;
using Switchyard.TestKit;
using Switchyard.Tests.Client;
using Xunit;
using Given = Switchyard.Tests.Client.Given;

namespace Switchyard.Tests.Money;

/// <summary>Calls and their budgets, from the reservation to the settlement, through the engine.</summary>
public sealed class BudgetTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Covers("S003-72")]
    [Fact]
    public async Task A_call_that_may_cost_more_than_is_left_is_refused_with_every_number()
    {
        var client = new CountedClient("hello");
        await using var given = AnEngine(usd: 0.001m, client: client);

        var error = await RefusedAsync(given, new() { MaxOutputTokens = 1000 });

        Assert.Equal((CallErrorKind.BudgetExceeded, 402, "budget_exceeded"), (error.Kind, error.Status, error.WireCode));
        Assert.Contains(
            "The budget 'total' has no room for this request: $0 of $0.001 spent, $0 reserved", error.Message, StringComparison.Ordinal);
        Assert.Contains("this one may cost up to $0.0100", error.Message, StringComparison.Ordinal);
        Assert.Contains("It starts again at ", error.Message, StringComparison.Ordinal);
        Assert.Empty(client.Asked);
    }

    [Fact]
    public async Task A_call_is_charged_what_its_provider_reported_and_holds_nothing_afterwards()
    {
        await using var given = AnEngine(usd: 1);

        await given.Chat.GetResponseAsync("hi", new() { MaxOutputTokens = 1000 }, Stop);

        var account = Assert.Single(Accounts(given));
        // 100 tokens at $1 and 50 at $10 for a million.
        Assert.Equal((600_000, 0), (account.Spent, account.Reserved));
        Assert.Equal(600_000, Assert.Single(given.Ended).Cost.Total);
    }

    [Fact]
    public async Task A_request_without_a_limit_gets_the_longest_that_the_budget_has_room_for()
    {
        // $0.005 is 500 tokens of output, less the prompt.
        var client = new CountedClient("hello");
        await using var given = AnEngine(usd: 0.005m, client: client);

        var answer = await given.Chat.GetResponseAsync("hi", cancellationToken: Stop);

        var limit = client.Asked.Single()!.MaxOutputTokens!.Value;
        Assert.InRange(limit, 480, 500);
        Assert.Equal($"{limit}", answer.AdditionalProperties![AnswerFacts.MaxOutput]);
    }

    [Fact]
    public async Task A_limit_set_by_a_budget_is_the_only_one_in_the_request()
    {
        var client = new CountedClient("hello");
        await using var given = AnEngine(usd: 0.005m, client: client);
        var options = new ChatOptions
        {
            RawRepresentationFactory = _ => new System.Text.Json.Nodes.JsonObject { ["max_tokens"] = 32_000 },
            AdditionalProperties = new() { ["max_tokens"] = 32_000, ["openai-chat:max_completion_tokens"] = 32_000, ["user"] = "u" },
        };

        await given.Chat.GetResponseAsync("hi", options, Stop);

        var asked = client.Asked.Single()!;
        Assert.NotNull(asked.MaxOutputTokens);
        Assert.Null(asked.RawRepresentationFactory);
        Assert.Equal("u", asked.AdditionalProperties!["user"]);
        Assert.DoesNotContain(asked.AdditionalProperties.Keys, key => key.Contains("max_", StringComparison.Ordinal));
        Assert.Equal(3, options.AdditionalProperties.Count);
    }

    [Theory]
    [InlineData("priority", null, 1_200_000)]
    [InlineData("priority", "default", 600_000)]
    [InlineData("auto", "priority", 1_200_000)]
    [InlineData(null, "priority", 1_200_000)]
    [InlineData("flex", null, 300_000)]
    [InlineData(null, null, 600_000)]
    public async Task A_call_is_charged_the_service_tier_that_its_answer_names_else_the_one_it_asked_for(
        string? asked, string? answered, long nano)
    {
        await using var given = AnEngine(usd: 1, options: WithTiers, client: new CountedClient("hello", answered));

        await given.Chat.GetResponseAsync("hi", InTier(asked), Stop);

        // 100 tokens and 50: at $1 and $10 for a million, at $2 and $20, at $0.50 and $5.
        Assert.Equal(nano, Assert.Single(Accounts(given)).Spent);
        Assert.Equal(nano, Assert.Single(given.Ended).Cost.Total);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("auto", false)]
    [InlineData("priority", false)]
    [InlineData("flex", true)]
    [InlineData("default", true)]
    public async Task A_strict_budget_holds_the_dearest_service_tier_that_a_call_may_be_charged(string? asked, bool fits)
    {
        // 1,000 tokens are $0.01 in the ordinary tier, and $0.02 in the dearest.
        await using var given = AnEngine(usd: 0.015m, options: WithTiers);

        if (fits)
            await given.Chat.GetResponseAsync("hi", InTier(asked), Stop);
        else
            Assert.Equal(CallErrorKind.BudgetExceeded, (await RefusedAsync(given, InTier(asked))).Kind);
    }

    [Fact]
    public async Task The_longest_answer_that_a_budget_has_room_for_is_one_of_the_dearest_service_tier()
    {
        // $0.005 is 250 tokens of output at $20 for a million, less the prompt.
        var client = new CountedClient("hello");
        await using var given = AnEngine(usd: 0.005m, options: WithTiers, client: client);

        await given.Chat.GetResponseAsync("hi", cancellationToken: Stop);

        Assert.InRange(client.Asked.Single()!.MaxOutputTokens!.Value, 230, 250);
    }

    [Fact]
    public async Task A_budget_may_refuse_what_has_no_limit()
    {
        await using var given = AnEngine(usd: 0.005m, budget: budget => budget.WithoutLimit = "reject");

        Assert.Equal(CallErrorKind.BudgetExceeded, (await RefusedAsync(given, null)).Kind);
    }

    [Fact]
    public async Task A_budget_that_only_warns_refuses_nothing_and_counts()
    {
        await using var given = AnEngine(usd: 0.0001m, budget: budget => budget.Mode = "warn");

        await given.Chat.GetResponseAsync("hi", cancellationToken: Stop);

        Assert.Equal(600_000, Assert.Single(Accounts(given)).Spent);
    }

    [Fact]
    public async Task Without_a_price_a_strict_budget_cannot_hold_anything_and_says_what_to_do()
    {
        await using var given = AnEngine(usd: 1, options: options => options.Prices.Models.Clear());

        var error = await RefusedAsync(given, null);

        Assert.Equal("price_unknown", error.WireCode);
        Assert.Contains("The price of acme/small is not known", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_end_user_session_or_tag_may_have_an_account_of_its_own()
    {
        await using var given = AnEngine(usd: 1, budget: budget => budget.Per = "session");
        foreach (var session in (string[])["a", "a", "b"])
            await given.Chat.GetResponseAsync("hi", With(AnswerFacts.Session, session), Stop);

        Assert.Equal(
            [("a", 1_200_000), ("b", 600_000)],
            Accounts(given).OrderBy(account => account.Scope).Select(account => (account.Scope!, account.Spent)));
    }

    [Fact]
    public async Task A_runaway_conversation_is_stopped_though_its_client_names_none()
    {
        await using var given = AnEngine(usd: 0.002m, budget: budget => budget.Per = "session");
        ChatOptions limited = new() { MaxOutputTokens = 100 };
        await given.Chat.GetResponseAsync("the same beginning", limited, Stop);
        await given.Chat.GetResponseAsync("the same beginning", limited, Stop);

        Assert.Equal(CallErrorKind.BudgetExceeded, (await RefusedAsync(given, limited, "the same beginning")).Kind);
        await given.Chat.GetResponseAsync("another one", limited, Stop);
    }

    [Fact]
    public async Task A_budget_and_a_price_of_a_provider_hold_for_each_of_its_versions()
    {
        await using var given = AnEngine(
            usd: 1,
            budget: budget => budget.Provider = "acme",
            options: options => options.Budgets.Named["model"] = new() { Usd = 1, Period = "day", Model = "acme/small" });
        await given.Engine.StartAsync(Stop);
        await given.Engine.Registry.RegisterAsync(
            "acme@2", new ChatClientProvider("acme", new CountedClient("hello")),
            new ProviderSettings { Type = "acme", Models = ["small"] }, cancellationToken: Stop);

        await given.Chat.GetResponseAsync("hi", new() { ModelId = "acme@2/small", MaxOutputTokens = 100 }, Stop);

        Assert.Equal("acme@2", given.Ended[^1].Attempts[0].Provider);
        Assert.Equal(
            [("model", 600_000), ("total", 600_000)],
            Accounts(given).OrderBy(account => account.Budget, StringComparer.Ordinal).Select(account => (account.Budget, account.Spent)));
    }

    [Fact]
    public async Task A_budget_of_one_provider_sends_calls_to_another()
    {
        var client = new CountedClient("hello");
        var other = new CountedClient("from the other");
        await using var given = AnEngine(
            usd: 0.0001m,
            budget: budget => budget.Provider = "acme",
            options: options =>
            {
                options.Prices.Models["other/large"] = new() { Input = 1, Output = 10 };
                options.Models["fast"] = new() { Targets = [new() { Model = "acme/small" }, new() { Model = "other/large" }] };
            },
            client: client,
            other: other);

        var answer = await new SwitchyardChatClient(given.Engine, "fast").GetResponseAsync("hi", new() { MaxOutputTokens = 100 }, Stop);

        Assert.Equal("from the other", answer.Text);
        Assert.Empty(client.Asked);
    }

    [Fact]
    public async Task A_failed_call_that_was_not_counted_costs_nothing()
    {
        await using var given = AnEngine(usd: 1, client: new ScriptedClient(new InvalidOperationException("broken")));

        await Assert.ThrowsAnyAsync<Exception>(() => given.Chat.GetResponseAsync("hi", new() { MaxOutputTokens = 10 }, Stop));

        var account = Assert.Single(Accounts(given));
        Assert.Equal((0, 0), (account.Spent, account.Reserved));
    }

    [Fact]
    public async Task An_answer_without_a_message_that_was_counted_is_charged()
    {
        var client = new CountedClient(null);
        await using var given = AnEngine(usd: 1, client: client);

        await Assert.ThrowsAsync<CallException>(() => given.Chat.GetResponseAsync("hi", new() { MaxOutputTokens = 100 }, Stop));

        Assert.NotEmpty(client.Asked);
        Assert.Equal(client.Asked.Count * 600_000L, Assert.Single(Accounts(given)).Spent);
    }

    [Covers("S003-67", "S004-70")]
    [Fact]
    public async Task An_answer_whose_provider_counts_nothing_is_charged_an_estimate_of_at_least_a_token_each()
    {
        await using var given = AnEngine(usd: 1, client: new ScriptedClient("12345678"));

        await given.Chat.GetResponseAsync("hi", new() { MaxOutputTokens = 10 }, Stop);

        // "hi" is one token, eight characters are two: $1 and $10 for a million.
        Assert.Equal(1_000 + 20_000, Assert.Single(Accounts(given)).Spent);
    }

    [Fact]
    public async Task A_reload_keeps_what_was_spent_and_takes_the_new_amount()
    {
        await using var given = AnEngine(usd: 1);
        await given.Chat.GetResponseAsync("hi", new() { MaxOutputTokens = 10 }, Stop);

        await given.Engine.ApplyAsync(options => options.Budgets.Named["total"].Usd = 0.0007m, Stop);

        Assert.Equal(CallErrorKind.BudgetExceeded, (await RefusedAsync(given, new() { MaxOutputTokens = 100 })).Kind);
        Assert.Equal((600_000, 700_000), (Assert.Single(Accounts(given)).Spent, Assert.Single(Accounts(given)).Limit));
    }

    [Fact]
    public async Task Many_calls_at_once_never_overspend_a_strict_budget_and_use_almost_all_of_it()
    {
        await using var given = AnEngine(usd: 0.1m, client: new CountedClient("hello"));
        var answered = 0;
        await Parallel.ForEachAsync(Enumerable.Range(0, 600), Stop, async (_, cancellation) =>
        {
            try
            {
                await given.Chat.GetResponseAsync("hi", new() { MaxOutputTokens = 50 }, cancellation);
                Interlocked.Increment(ref answered);
            }
            catch (CallException e) when (e.Error.Kind == CallErrorKind.BudgetExceeded)
            {
            }
        });

        var account = Assert.Single(Accounts(given));
        Assert.Equal(answered * 600_000L, account.Spent);
        Assert.InRange(account.Spent, 90_000_000, 100_000_000);
        Assert.Equal(0, account.Reserved);
    }

    private static Given AnEngine(
        decimal usd,
        Action<BudgetOptions>? budget = null,
        Action<SwitchyardOptions>? options = null,
        IChatClient? client = null,
        IChatClient? other = null)
    {
        var answering = client ?? new CountedClient("hello");
        var total = new BudgetOptions { Usd = usd, Period = "day" };
        budget?.Invoke(total);
        return Given.AnEngineWith(
            answering,
            all =>
            {
                all.Prices.Models["acme/small"] = new() { Input = 1, Output = 10 };
                all.Budgets.Named["total"] = total;
                options?.Invoke(all);
            },
            builder =>
            {
                // No day of a budget ends between two calls of a test.
                builder.Services.AddSingleton<TimeProvider>(new TestClock());
                if (other is not null)
                    builder.AddProvider("other", other, null, "large");
            });
    }

    private static void WithTiers(SwitchyardOptions options)
    {
        var tiers = options.Prices.Models["acme/small"].ServiceTiers;
        tiers["priority"] = new() { Input = 2, Output = 20 };
        tiers["flex"] = new() { Input = 0.5m, Output = 5 };
    }

    private static ChatOptions InTier(string? tier) => new()
    {
        MaxOutputTokens = 1000,
        AdditionalProperties = tier is null ? null : new() { ["service_tier"] = tier },
    };

    private static ChatOptions With(string name, string value) =>
        new() { MaxOutputTokens = 100, AdditionalProperties = new() { [name] = value } };

    private static IReadOnlyCollection<BudgetAccount> Accounts(Given given) => given.Engine.Money.Book.Accounts;

    private static async Task<CallError> RefusedAsync(Given given, ChatOptions? options, string text = "hi") =>
        (await Assert.ThrowsAsync<CallException>(() => given.Chat.GetResponseAsync(text, options, Stop))).Error;

    /// <summary>Answers any number of calls at once, and counts 100 tokens in and 50 out for each.</summary>
    private sealed class CountedClient(string? answer, string? tier = null) : IChatClient
    {
        public ConcurrentQueue<ChatOptions?> Asked { get; } = new();

        public async Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            Asked.Enqueue(options);
            await Task.Yield();
            List<ChatMessage> said = answer is null ? [] : [new ChatMessage(ChatRole.Assistant, answer)];
            return new ChatResponse(said)
            {
                Usage = new() { InputTokenCount = 100, OutputTokenCount = 50 },
                AdditionalProperties = tier is null ? null : new() { ["service_tier"] = tier },
            };
        }

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
