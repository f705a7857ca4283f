using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Configuration;
using Switchyard.Money;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Stored;

/// <summary>Answers in the background while the database that records them is away.</summary>
public sealed class BackgroundStoreTests : IAsyncLifetime
{
    private const string Queued =
        """{"id":"resp_1","object":"response","status":"queued","background":true,"model":"m","output":[],"usage":null}""";

    private const string Completed = """
        {"id":"resp_1","object":"response","status":"completed","background":true,"model":"m",
         "output":[{"type":"message","id":"msg_1","role":"assistant","status":"completed",
           "content":[{"type":"output_text","text":"Done.","annotations":[]}]}],
         "usage":{"input_tokens":1000,"output_tokens":100,"total_tokens":1100}}
        """;

    private readonly ClaimedLedger _ledger = new();
    private readonly LostStore _store = new();
    private readonly TestClock _clock = new();
    private FakeUpstream _upstream = null!;

    public async ValueTask InitializeAsync() => _upstream = await FakeUpstream.StartAsync();

    public async ValueTask DisposeAsync() => await _upstream.DisposeAsync();

    [Theory]
    [InlineData("relaxed")]
    [InlineData("strict")]
    public async Task The_client_gets_its_answer_and_the_call_is_settled_when_the_answer_is_recorded(string durability)
    {
        await using var gateway = await StartAsync(durability);
        _store.IsAway = true;
        _upstream.ThenJson(Queued);
        var asking = AskAsync(gateway, """{"model":"one/m","input":"Find it out.","background":true}""");
        await Wait.ForAsync(() => _store.Tried > 0);
        await Wait.ForAsync(() =>
        {
            _clock.Advance(TimeSpan.FromMilliseconds(100));
            return asking.IsCompleted;
        });
        Assert.Equal((HttpStatusCode.OK, Queued), await asking);
        await Wait.ForAsync(() => gateway.Engine.RunningCount == 0);
        Assert.Empty(_ledger.Entries);

        _store.IsAway = false;
        await Wait.ForAsync(() =>
        {
            _clock.Advance(TimeSpan.FromMilliseconds(100));
            return _ledger.Entries.Count == 1;
        });

        Assert.Equal(_ledger.Entries[0].Call, _store.Answers["resp_1"].Owed!.Call);
        Assert.Contains(gateway.Log.GetSnapshot(), line => line.Message.StartsWith(
            "The background answer resp_1 could not be recorded (IOException)", StringComparison.Ordinal));
        Assert.DoesNotContain(gateway.Log.GetSnapshot(), line => line.Message.Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_answer_that_only_the_store_knows_cannot_be_read_and_a_call_that_continues_it_goes_on()
    {
        _store.Answers["resp_1"] = new()
        {
            Id = "resp_1",
            Provider = "one",
            Account = "an-account",
            Model = "m",
            Holder = "key other",
            At = _clock.GetUtcNow(),
        };
        await using var gateway = await StartAsync("relaxed");
        _store.IsAway = true;
        using (var read = await gateway.Http.GetAsync(new Uri("/v1/responses/resp_1", UriKind.Relative)))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, read.StatusCode);
            Assert.Contains("store_unavailable", await read.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        var asked = _store.Asked;
        for (var times = 0; times < 3; times++)
        {
            _upstream.ThenJson(Completed.Replace("resp_1", $"resp_next_{times}", StringComparison.Ordinal));
            var (status, _) = await AskAsync(
                gateway, $$"""{"model":"one/m","input":"Go on.","previous_response_id":"resp_{{times + 5}}"}""");
            Assert.Equal(HttpStatusCode.OK, status);
        }

        Assert.Equal(asked + 1, _store.Asked);
    }

    /// <summary>Otherwise the owner would be refused once the store is back, and the stranger could read the answer.</summary>
    [Fact]
    public async Task A_call_that_continues_an_answer_whose_owner_cannot_be_read_does_not_become_its_owner()
    {
        _store.Answers["resp_1"] = new()
        {
            Id = "resp_1",
            Provider = "one",
            Account = "an-account",
            Model = "m",
            Holder = "key owner",
            At = _clock.GetUtcNow(),
        };
        await using var gateway = await StartAsync("relaxed", ["owner", "stranger"]);
        const string GoOn = """{"model":"one/m","input":"Go on.","previous_response_id":"resp_1"}""";
        _store.IsAway = true;
        // The second finds the store in its pause after the first.
        foreach (var next in (string[])["resp_2", "resp_3"])
        {
            _upstream.ThenJson(Completed.Replace("resp_1", next, StringComparison.Ordinal));
            Assert.Equal(HttpStatusCode.OK, (await AskAsync(gateway, GoOn, "stranger")).Status);
        }

        _store.IsAway = false;
        _clock.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(HttpStatusCode.BadRequest, (await AskAsync(gateway, GoOn, "stranger")).Status);
        _upstream.ThenJson(Completed.Replace("resp_1", "resp_4", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(gateway, GoOn, "owner")).Status);
    }

    /// <summary>Its account is known whatever the model costs.</summary>
    [Fact]
    public async Task An_answer_of_a_model_without_a_price_is_continued_by_a_model_that_has_one()
    {
        _store.Answers["resp_1"] = new()
        {
            Id = "resp_1",
            Provider = "one",
            Account = "an-account",
            Model = "a-model-that-left",
            Holder = "key owner",
            At = _clock.GetUtcNow(),
        };
        await using var gateway = await StartAsync("relaxed", ["owner"], options =>
        {
            options.Prices.Unknown = "refuse";
            options.Prices.Models["one/m"] = new() { Input = 1, Output = 1 };
        });
        _upstream.ThenJson(Completed.Replace("resp_1", "resp_2", StringComparison.Ordinal));

        var (status, body) = await AskAsync(
            gateway, """{"model":"one/m","input":"Go on.","previous_response_id":"resp_1"}""", "owner");

        Assert.Equal((HttpStatusCode.OK, "resp_2"), (status, body.Contains("resp_2", StringComparison.Ordinal) ? "resp_2" : body));
    }

    [Fact]
    public async Task A_call_whose_answer_the_store_refuses_for_its_content_is_settled_and_the_answer_is_tried_once()
    {
        await using var gateway = await StartAsync("relaxed");
        _store.Refuses = true;
        _upstream.ThenJson(Queued);

        Assert.Equal(
            (HttpStatusCode.OK, Queued), await AskAsync(gateway, """{"model":"one/m","input":"Find it out.","background":true}"""));
        await Wait.ForAsync(() => _ledger.Entries.Count == 1);

        Assert.Equal(1, _store.Tried);
        Assert.Contains(gateway.Log.GetSnapshot(), line => line.Message.StartsWith(
            "The background answer resp_1 of one can never be recorded (The database refuses it)", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_provider_that_does_not_answer_delays_only_its_own_answers_and_gets_eight_requests_at_a_time()
    {
        await using var slow = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync("relaxed", [], options => options.Providers["slow"] = new()
        {
            BaseUrl = slow.BaseUrl, Key = "key-of-slow", Models = ["m"], Dialect = "openai-responses",
        });
        for (var i = 0; i < 20; i++)
        {
            slow.ThenHang();
            _store.Due.Enqueue(DueAt("slow", $"resp_slow_{i}"));
        }

        for (var i = 0; i < 3; i++)
        {
            _upstream.ThenJson(Completed);
            _store.Due.Enqueue(DueAt("one", $"resp_{i}"));
        }

        _clock.Advance(TimeSpan.FromMinutes(1));
        await Wait.ForAsync(() => _upstream.Requests.Count == 3 && slow.Requests.Count == 8);
        _upstream.ThenJson(Completed);
        _store.Due.Enqueue(DueAt("one", "resp_4"));
        _clock.Advance(TimeSpan.FromMinutes(1));
        await Wait.ForAsync(() => _upstream.Requests.Count == 4);

        Assert.Equal(["slow"], _store.Except);
        Assert.Equal(8, slow.Requests.Count);
    }

    [Fact]
    public async Task A_call_that_continues_nothing_or_a_known_answer_asks_no_store()
    {
        await using var gateway = await StartAsync("relaxed");
        var completed = Completed.Replace("\"background\":true", "\"background\":false", StringComparison.Ordinal);
        _upstream.ThenJson(completed);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(gateway, """{"model":"one/m","input":"Hi"}""")).Status);
        _upstream.ThenJson(completed.Replace("resp_1", "resp_2", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(
            gateway, """{"model":"one/m","input":"Go on.","previous_response_id":"resp_1"}""")).Status);

        Assert.Equal((0, 0), (_store.Asked, _store.Answers.Count));
    }

    private BackgroundRecord DueAt(string provider, string id)
    {
        var answer = new BackgroundRecord
        {
            Id = id, Provider = provider, Account = "an-account", Model = "m", Holder = "key ci", At = _clock.GetUtcNow(),
        };
        _store.Answers[id] = answer;
        return answer;
    }

    private Task<GatewayHost> StartAsync(
        string durability, string[]? keys = null, Action<SwitchyardOptions>? configure = null) => GatewayHost.StartAsync(
        options =>
        {
            options.Providers["one"] = new()
            {
                BaseUrl = _upstream.BaseUrl, Key = "key-of-one", Models = ["m"], Dialect = "openai-responses",
            };
            options.Storage.Ledger = "sqlite:never-opened.db";
            options.Storage.Durability = durability;
            foreach (var name in keys ?? [])
                options.Keys[name] = new() { Key = $"key-of-{name}" };
            configure?.Invoke(options);
        },
        builder =>
        {
            builder.Services.AddSingleton<ILedgerFactory>(_ledger);
            builder.Services.AddSingleton<IBackgroundStore>(_store);
            builder.Services.AddSingleton<TimeProvider>(_clock);
        });

    private static async Task<(HttpStatusCode Status, string Body)> AskAsync(GatewayHost gateway, string json, string? key = null)
    {
        using var answer = key is null
            ? await gateway.PostAsync("/v1/responses", json)
            : await gateway.PostAsync("/v1/responses", json, ("Authorization", $"Bearer key-of-{key}"));
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>A store in memory that can be away.</summary>
    private sealed class LostStore : IBackgroundStore
    {
        private int _asked;
        private int _tried;

        public ConcurrentDictionary<string, BackgroundRecord> Answers { get; } = new();

        /// <summary>The number of searches for an answer.</summary>
        public int Asked => Volatile.Read(ref _asked);

        /// <summary>The number of attempts to record an answer.</summary>
        public int Tried => Volatile.Read(ref _tried);

        public bool IsAway { get; set; }

        /// <summary>Whether it refuses every answer for its content.</summary>
        public bool Refuses { get; set; }

        /// <summary>The answers that are due.</summary>
        public ConcurrentQueue<BackgroundRecord> Due { get; } = new();

        /// <summary>The providers that the last search left out.</summary>
        public IReadOnlyCollection<string> Except { get; private set; } = [];

        public Task AddAsync(BackgroundRecord answer, DateTimeOffset due, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _tried);
            ThrowIfAway();
            if (Refuses)
                throw new ArgumentException("The database refuses it");
            Answers[answer.Id] = answer;
            return Task.CompletedTask;
        }

        public Task<BackgroundRecord?> FindAsync(string id, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _asked);
            ThrowIfAway();
            return Task.FromResult(Answers.GetValueOrDefault(id));
        }

        public Task CloseAsync(string id, CancellationToken cancellationToken)
        {
            ThrowIfAway();
            Answers[id] = Answers[id] with { Owed = null };
            return Task.CompletedTask;
        }

        public Task<IReadOnlyList<BackgroundRecord>> TakeDueAsync(
            DateTimeOffset now, TimeSpan again, TimeSpan longest, int most, IReadOnlyCollection<string> except,
            CancellationToken cancellationToken)
        {
            Except = except;
            List<BackgroundRecord> taken = [];
            while (taken.Count < most && Due.TryDequeue(out var answer))
                taken.Add(answer);
            return Task.FromResult<IReadOnlyList<BackgroundRecord>>(taken);
        }

        public Task<IReadOnlyList<BackgroundRecord>> DeleteAsync(DateTimeOffset before, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<BackgroundRecord>>([]);

        private void ThrowIfAway()
        {
            if (IsAway)
                throw new IOException("the secret of a database");
        }
    }
}
