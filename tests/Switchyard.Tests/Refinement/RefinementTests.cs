using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Refinement;
using Switchyard.Refinement.Requests;
using Switchyard.TestKit;
using Switchyard.Tests.Client;
using Xunit;
using static Switchyard.Tests.Refinement.SchemaKit;

namespace Switchyard.Tests.Refinement;

/// <summary>A refinement from its request to its result, on the engine that carries every other call.</summary>
public sealed partial class RefinementTests
{
    private const string User = "const User = z.object({ email: z.string(), age: z.number().optional() });";

    private static readonly JsonElement[] s_users =
        Values([.. Enumerable.Range(1, 12).Select(i => $$"""{"email":"user{{i}}@example.com","age":{{i * 5}}}""")]);

    [Covers("S003-02", "S003-04")]
    [Fact]
    public async Task A_schema_with_samples_is_refined_by_whom_routing_chooses()
    {
        using var client = new ScriptedClient(Edits(
            ("email", "format", "email", "an e-mail address"), ("age", "integer", "", "years"), ("age", "minimum", "18", "adults"),
            ("age", "minimum", "0", "no age is negative")));
        await using var given = GivenARefinement(
            client, options => options.Models["fast"] = new() { Targets = [new() { Model = "acme/small" }] });

        var result = await given.Refinement.RefineSchemaAsync(new(new(User, "User"), s_users));

        Assert.Equal(
            "const User = z.object({ email: z.string().email(), age: z.number().min(0).int().optional() });", result.RefinedSchema.Code);
        Assert.Equal(["email", "age", "age"], result.RefinedSchema.Improvements.Select(each => each.Field));
        var first = result.RefinedSchema.Improvements[0];
        Assert.Equal(("z.string()", "z.string().email()", "an e-mail address"), (first.Before, first.After, first.Reason));
        Assert.Equal(0.779, first.Confidence);
        Assert.Equal(result.RefinedSchema.Improvements.Average(each => each.Confidence), result.RefinedSchema.Confidence, 3);
        var rejected = Assert.Single(result.Suggestions);
        Assert.Equal("Not applied to 'age': minimum 18: sample 1: it is less than 18. It was proposed because: adults", rejected);
        Assert.Equal("acme", result.AIProvider);
        Assert.True(result.ProcessingTime >= 0);
        Assert.Equal((0m, null), (result.CreditsUsed, result.CreditsRemaining));
    }

    [Covers("S003-03")]
    [Fact]
    public async Task Options_name_the_provider_the_model_and_the_temperature()
    {
        using var client = new ScriptedClient(Edits());
        await using var given = GivenARefinement(client);
        var asked =
            new SchemaRefinementRequest(new(User), s_users) { Options = new() { Provider = "acme", Model = "large", Temperature = 0.7 } };

        await given.Refinement.RefineSchemaAsync(asked);
        await given.Refinement.RefineSchemaAsync(asked with { Options = new() });

        var (messages, options) = client.Asked[0];
        Assert.Equal(("large", 0.7f, 2000), (options!.ModelId, options.Temperature, options.MaxOutputTokens));
        Assert.Contains("acme/large", given.Ended[0].Attempts.Select(attempt => $"{attempt.Provider}/{attempt.Model}"));
        Assert.Equal(0.2f, client.Asked[1].Options!.Temperature);
        var format = Assert.IsType<ChatResponseFormatJson>(options.ResponseFormat);
        Assert.False(format.Schema!.Value.GetProperty("additionalProperties").GetBoolean());
        Assert.Equal(["edits"], format.Schema!.Value.GetProperty("properties").EnumerateObject().Select(each => each.Name));
        Assert.Equal(2, messages.Count);
    }

    [Fact]
    public async Task The_model_is_shown_ten_samples_and_all_are_checked()
    {
        using var client = new ScriptedClient(Edits(("age", "maximum", "55", "wrong")));
        await using var given = GivenARefinement(client);

        var result = await given.Refinement.RefineSchemaAsync(new(new(User), s_users) { Options = new() { Provider = "acme" } });

        using var shown = JsonDocument.Parse(client.Asked[0].Messages[1].Text);
        Assert.Equal(10, shown.RootElement.GetProperty("samples").GetArrayLength());
        Assert.Equal(12, shown.RootElement.GetProperty("samples_in_all").GetInt32());
        Assert.Contains(result.Suggestions, text => text.Contains("sample 12: it is more than 55", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Where_the_model_proposes_nothing_that_holds_the_samples_do_and_that_is_said()
    {
        using var client = new ScriptedClient("I would rather write a poem.");
        await using var given = GivenARefinement(client);

        var result = await given.Refinement.RefineSchemaAsync(new(new(User), s_users) { Options = new() { Provider = "acme" } });

        Assert.Contains("The model's answer was not JSON with edits; it was not used.", result.Suggestions);
        Assert.Equal(
            "const User = z.object({ email: z.string().email(), age: z.number().min(0).int() });", result.RefinedSchema.Code);
        Assert.All(
            result.RefinedSchema.Improvements, each => Assert.StartsWith("from the samples:", each.Reason, StringComparison.Ordinal));
    }

    [Covers("S003-109")]
    [Fact]
    public async Task Confidence_is_the_mean_and_nine_tenths_where_nothing_was_changed()
    {
        await using var given = Given.AnEngine();
        var refinement = new SchemaRefinement(given.Engine);

        var nothing = await refinement.RefineSchemaAsync(new(new(User), []));

        Assert.Equal((User, 0.9), (nothing.RefinedSchema.Code, nothing.RefinedSchema.Confidence));
        Assert.Contains(nothing.Suggestions, text => text.StartsWith("There are no samples", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_mock_is_asked_like_any_provider_and_says_the_same_each_time()
    {
        await using var given = Given.AnEngine();
        var refinement = new SchemaRefinement(given.Engine);

        var first = await refinement.RefineSchemaAsync(new(new(User), s_users));
        var second = await refinement.RefineSchemaAsync(new(new(User), s_users));

        Assert.Equal("mock", first.AIProvider);
        Assert.Equal(first.RefinedSchema.Code, second.RefinedSchema.Code);
        Assert.Equal(first.Suggestions, second.Suggestions);
        Assert.Contains(".email()", first.RefinedSchema.Code, StringComparison.Ordinal);
    }

    [Covers("S003-96")]
    [Fact]
    public async Task A_refinement_tells_its_progress_and_ends_with_the_result()
    {
        using var client = new ScriptedClient(Edits(("email", "format", "email", "")));
        await using var given = GivenARefinement(client);
        var chunks = new List<RefinementChunk>();

        await foreach (var chunk in given.Refinement.RefineSchemaStreamAsync(
            new(new(User), s_users) { Options = new() { Provider = "acme" } }))
            chunks.Add(chunk);

        Assert.Equal("Read a zod schema with 2 fields; 12 of 12 samples are valid.\n", chunks[0].Delta);
        Assert.Contains("Applied to 'email': format email\n", chunks.Select(chunk => chunk.Delta));
        Assert.All(chunks.SkipLast(1), chunk => Assert.True(chunk is { Done: false, Metadata: null }));
        Assert.True(chunks[^1] is { Done: true, Metadata: not null });
    }

    [Covers("S003-94", "S003-95", "S003-116")]
    [Fact]
    public async Task A_refiner_of_ones_own_works_like_a_provider_and_callers_of_either_change_only_its_name()
    {
        using var client = new ScriptedClient(Edits(("email", "format", "email", "")));
        var own = new OwnRefiner();
        await using var given = GivenARefinement(client, build: builder => builder.AddSchemaRefiner(own));
        var request = new SchemaRefinementRequest(new(User), s_users) { Options = new() { Provider = "mycustom" } };

        var direct = await CallAsync(own, request);
        var routed = await CallAsync(given.Refinement, request);
        var other = await CallAsync(given.Refinement, request with { Options = new() { Provider = "acme" } });

        Assert.Equal(("mycustom", "mycustom", "acme"), (direct.AIProvider, routed.AIProvider, other.AIProvider));
        Assert.True(await given.Refinement.CheckHealthAsync());
        Assert.True(given.Refinement.GetCapabilities() is { SupportsJsonMode: true, SupportsStreaming: true });
        Assert.True(own.GetCapabilities() is
            { SupportsJsonMode: true, SupportsStreaming: false, SupportsFunctionCalling: false, SupportsVision: false });
        Assert.Single(client.Asked);

        // The same call for every refiner.
        static Task<SchemaRefinementResult> CallAsync(ISchemaRefiner refiner, SchemaRefinementRequest request) =>
            refiner.RefineSchemaAsync(request);
    }

    [Fact]
    public async Task A_preferred_refiner_answers_open_choices_while_it_is_healthy()
    {
        using var client = new ScriptedClient(Edits());
        var own = new OwnRefiner();
        await using var given = GivenARefinement(
            client, options => options.Models["fast"] = new() { Targets = [new() { Model = "acme/small" }] },
            builder => builder.AddSchemaRefiner(own, preferred: true));

        Assert.Equal("mycustom", (await given.Refinement.RefineSchemaAsync(new(new(User), s_users))).AIProvider);
        own.IsHealthy = false;
        Assert.Equal("acme", (await given.Refinement.RefineSchemaAsync(new(new(User), s_users))).AIProvider);
    }

    [Covers("S003-88", "S003-89")]
    [Fact]
    public async Task A_preferred_refiner_that_fails_is_followed_by_a_provider_unless_fallback_is_off()
    {
        using var client = new ScriptedClient(Edits());
        var own = new OwnRefiner { Fails = true };
        await using var given = GivenARefinement(client, build: builder => builder.AddSchemaRefiner(own, preferred: true));
        var open = new SchemaRefinementRequest(new(User), s_users);

        Assert.Equal("acme", (await given.Refinement.RefineSchemaAsync(open)).AIProvider);
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => given.Refinement.RefineSchemaAsync(open with { Options = new() { Provider = "mycustom" } }));

        await given.Engine.ApplyAsync(options => options.Routing.Fallback = false);
        await Assert.ThrowsAsync<InvalidOperationException>(() => given.Refinement.RefineSchemaAsync(open));
    }

    [Fact]
    public async Task The_schema_of_a_type_is_refined_on_values_of_it()
    {
        using var client = new ScriptedClient(Edits(("Mail", "format", "email", "")));
        await using var given = GivenARefinement(client);

        var result = await given.Refinement.RefineAsync(
            [new Guest("a@example.com", 2), new Guest("b@example.com", 1)], GuestJson.Default.Guest, new() { Provider = "acme" });

        using var refined = JsonDocument.Parse(result.RefinedSchema.Code);
        Assert.Equal("email", refined.RootElement.GetProperty("properties").GetProperty("Mail").GetProperty("format").GetString());
    }

    [Fact]
    public async Task Only_the_fields_that_are_named_are_changed_and_counter_examples_that_pass_are_reported()
    {
        using var client = new ScriptedClient(Edits(("email", "format", "email", ""), ("age", "minimum", "0", "")));
        await using var given = GivenARefinement(client);

        var result = await given.Refinement.RefineSchemaAsync(new(new(User) { Fields = ["age", "phone"] }, s_users)
        {
            CounterExamples = Values("""{"email":"none"}""", """{"email":"a@example.com","age":-1}"""),
            Options = new() { Provider = "acme" },
        });

        Assert.Equal(["age"], result.RefinedSchema.Improvements.Select(each => each.Field));
        Assert.Contains("Counter-example 1 is still accepted.", result.Suggestions);
        Assert.DoesNotContain("Counter-example 2 is still accepted.", result.Suggestions);
        Assert.Contains("The schema has no field 'phone'.", result.Suggestions);
    }

    [Fact]
    public async Task A_provider_that_fails_is_reported_in_its_name_and_another_is_asked_where_the_choice_is_open()
    {
        using var fails = new ScriptedClient(new HttpRequestException("boom"));
        using var answers = new ScriptedClient(Edits(("email", "format", "email", "")));
        await using var given = new RefinementGiven(Given.AnEngine(build: builder =>
        {
            builder.AddProvider("first", fails, null, "m");
            builder.AddProvider("second", answers, null, "m");
        }));

        var error = await Assert.ThrowsAsync<CallException>(() => given.Refinement.RefineSchemaAsync(
            new(new(User), s_users) { Options = new() { Provider = "first", Model = "m" } }));
        Assert.StartsWith("first API error: ", error.Message, StringComparison.Ordinal);
        Assert.Equal("second", (await given.Refinement.RefineSchemaAsync(new(new(User), s_users))).AIProvider);
    }

    [Covers("S003-17", "S003-23", "S003-25", "S003-30", "S003-85")]
    [Fact]
    public async Task An_open_choice_follows_priority_strategy_and_preference_as_they_change()
    {
        await using var given = GivenTwo(new ScriptedClient(Edits()), new ScriptedClient(Edits()), options =>
        {
            options.Prices.Models["dear/*"] = new() { Input = 100, Output = 100 };
            options.Prices.Models["cheap/*"] = new() { Input = 1, Output = 1 };
        });
        var refinement = new SchemaRefinement(given.Engine);
        Assert.Equal("dear", await AnsweringAsync());

        await given.Engine.SetProviderPriorityAsync("dear", 10);
        Assert.Equal("cheap", await AnsweringAsync());

        await given.Engine.ApplyAsync(options => options.Routing.Preferred = ["dear"]);
        Assert.Equal("dear", await AnsweringAsync());

        await given.Engine.ApplyAsync(options =>
        {
            options.Routing.Preferred = [];
            options.Routing.Strategy = "cost";
        });
        Assert.Equal("cheap", await AnsweringAsync());

        await given.Engine.ApplyAsync(options => options.Routing.Strategy = "round-robin");
        Assert.Equal(["cheap", "dear"], ((string[])[await AnsweringAsync(), await AnsweringAsync()]).Order());

        async Task<string> AnsweringAsync() => (await refinement.RefineSchemaAsync(new(new(User), s_users))).AIProvider;
    }

    [Covers("S003-33", "S003-89")]
    [Fact]
    public async Task An_open_choice_falls_back_only_where_the_routing_does()
    {
        await using var given = GivenTwo(new ScriptedClient(new HttpRequestException("boom")), new ScriptedClient(Edits()));
        var refinement = new SchemaRefinement(given.Engine);
        Assert.Equal("cheap", (await refinement.RefineSchemaAsync(new(new(User), s_users))).AIProvider);

        await given.Engine.ApplyAsync(options => options.Routing.Fallback = false);
        var error = await Assert.ThrowsAsync<CallException>(() => refinement.RefineSchemaAsync(new(new(User), s_users)));

        Assert.StartsWith("dear API error: ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", null, "schema.code is missing")]
    [InlineData("hello", null, "The schema's format cannot be detected")]
    [InlineData("z.object({})", "xml", "'format' must be one of zod, json-schema, csharp.")]
    [InlineData("z.object({ a: ", "zod", "cannot be parsed")]
    public async Task A_request_that_cannot_be_read_is_refused_before_anybody_is_asked(string code, string? format, string said)
    {
        using var client = new ScriptedClient(Edits());
        await using var given = GivenARefinement(client);

        var error = await Assert.ThrowsAsync<CallException>(
            () => given.Refinement.RefineSchemaAsync(new(new(code), s_users) { Format = format }));

        Assert.Equal(CallErrorKind.InvalidRequest, error.Error.Kind);
        Assert.Contains(said, error.Message, StringComparison.Ordinal);
        Assert.Empty(client.Asked);
    }

    [Fact]
    public async Task What_a_refinement_costs_is_reported_and_what_is_left_of_the_budget()
    {
        await using var given = new RefinementGiven(Given.AnEngine(options =>
        {
            options.Providers["mock"] = new();
            options.Prices.Models["mock/*"] = new() { Input = 1_000, Output = 1_000 };
            options.Budgets.Named["total"] = new() { Usd = 50, Period = "day" };
        }));

        var result = await given.Refinement.RefineSchemaAsync(new(new(User), s_users));

        Assert.True(result.CreditsUsed > 0);
        Assert.Equal(50 - result.CreditsUsed, result.CreditsRemaining);
    }

    private static string Edits(params (string Field, string Change, string Value, string Reason)[] edits) => JsonSerializer.Serialize(new
    {
        edits = edits.Select(each => new { field = each.Field, change = each.Change, value = each.Value, reason = each.Reason }),
    });

    private static RefinementGiven GivenARefinement(
        ScriptedClient client, Action<SwitchyardOptions>? configure = null, Action<Switchyard.Hosting.SwitchyardBuilder>? build = null)
    {
        var added = new List<AddedRefiner>();
        var given = Given.AnEngineWith(client, configure, builder =>
        {
            build?.Invoke(builder);
            added.AddRange(builder.Services.Select(service => service.ImplementationInstance).OfType<AddedRefiner>());
        });
        return new(given, added);
    }

    /// <summary>Two providers of equal priority, of which <c>dear</c> was registered first.</summary>
    private static Given GivenTwo(ScriptedClient dear, ScriptedClient cheap, Action<SwitchyardOptions>? configure = null) => Given.AnEngine(
        configure,
        builder =>
        {
            builder.AddProvider("dear", dear, null, "m");
            builder.AddProvider("cheap", cheap, null, "m");
        });

    private sealed class RefinementGiven(Given given, List<AddedRefiner>? added = null) : IAsyncDisposable
    {
        public SchemaRefinement Refinement { get; } = new(given.Engine, added);

        public Switchyard.Engine.SwitchyardEngine Engine => given.Engine;

        public List<CallRecord> Ended => given.Ended;

        public ValueTask DisposeAsync() => given.DisposeAsync();
    }

    private sealed class OwnRefiner : ISchemaRefiner
    {
        public bool IsHealthy { get; set; } = true;

        public bool Fails { get; init; }

        public string Name => "mycustom";

        public Task<SchemaRefinementResult> RefineSchemaAsync(
            SchemaRefinementRequest request, CancellationToken cancellationToken = default) =>
            Fails ? Task.FromException<SchemaRefinementResult>(new InvalidOperationException("not this one"))
            : Task.FromResult(new SchemaRefinementResult
            {
                RefinedSchema = new() { Code = request.Schema.Code, Improvements = [], Confidence = 1 },
                Suggestions = [],
                CreditsUsed = 0,
                ProcessingTime = 1,
                AIProvider = Name,
            });

        public Task<bool> CheckHealthAsync(CancellationToken cancellationToken = default) =>
            IsHealthy ? Task.FromResult(true) : throw new InvalidOperationException("not today");

        public RefinerCapabilities GetCapabilities() => new() { SupportsJsonMode = true };
    }

    private sealed record Guest(string Mail, int Nights);

    [JsonSerializable(typeof(Guest))]
    private sealed partial class GuestJson : JsonSerializerContext;
}
