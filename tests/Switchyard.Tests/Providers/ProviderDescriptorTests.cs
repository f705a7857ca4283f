using System.Text;
using System.Text.Json;
using Switchyard.Canonical;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Providers;
using Switchyard.Providers.Catalogue;
using Switchyard.Providers.Http;
using Switchyard.Targets;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Providers;

public sealed class ProviderDescriptorTests
{
    public static TheoryData<string> Names => [.. ProviderCatalog.Default.All.Select(p => p.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_entry_is_valid(string name) =>
        Assert.Empty(ProviderDescriptorValidator.Validate(ProviderCatalog.Default.Find(name)!));

    [Fact]
    public void All_entries_together_are_valid() => Assert.Empty(ProviderDescriptorValidator.ValidateAll(ProviderCatalog.Default.All));

    [Fact]
    public void Every_usable_entry_speaks_only_dialects_of_this_version() => Assert.All(
        ProviderCatalog.Default.All.Where(entry => entry.Name != KnownProviders.Mock),
        entry => Assert.All(entry.Dialects, dialect => Assert.Contains(new DialectId(dialect), BuiltInDialects.Set.EgressIds)));

    [Fact]
    public void The_servers_a_user_runs_are_these() =>
        Assert.Equal(
            ["llamacpp", "lmstudio", "mock", "ollama", "vllm"],
            ProviderCatalog.Default.All.Where(p => p.Local).Select(p => p.Name).Order());

    [Covers("S003-15")]
    [Fact]
    public void Facts_given_in_code_are_read_back_unchanged()
    {
        var facts = new ProviderDescriptor
        {
            Name = "mycustom",
            DisplayName = "My own",
            BaseUrl = "https://api.example.com/v1",
            Priority = 70,
            Features = [ProviderFeatures.JsonMode],
            KeyEnv = ["MY_PROVIDER_API_KEY"],
        };
        Assert.Empty(ProviderDescriptorValidator.Validate(facts));
        Assert.Contains(ProviderFeatures.JsonMode, facts.Features);
        Assert.DoesNotContain(ProviderFeatures.Streaming, facts.Features);
        Assert.Equal("My own", facts.Label);
    }

    [Fact]
    public void Every_member_of_the_descriptor_can_be_set_in_the_file()
    {
        AssertSettable(new ProviderDescriptor { Name = "" }, value => value, except: ["Label", "RequiresApiKey", "FirstTokenTimeout"]);
        AssertSettable(ProviderQuirks.None, value => $$"""{ "quirks": {{value}} }""", entry => entry.Quirks);
        AssertSettable(new ProviderAuth(), value => $$"""{ "auth": {{value}} }""", entry => entry.Auth);
    }

    /// <summary>Sets each member of a record alone, to a value other than its default, and reads it back.</summary>
    private static void AssertSettable<T>(
        T defaults, Func<string, string> wrap, Func<ProviderDescriptor, T>? part = null, string[]? except = null)
        where T : notnull
    {
        foreach (var member in typeof(T).GetProperties().Where(member => except?.Contains(member.Name) != true))
        {
            var name = JsonNamingPolicy.SnakeCaseLower.ConvertName(member.Name);
            var entry = Read(wrap($$"""{ "{{name}}": {{Other(member.PropertyType, member.GetValue(defaults))}} }"""));
            object read = part is null ? entry : part(entry)!;
            Assert.False(Equals(member.GetValue(defaults), member.GetValue(read)), $"{member.Name} cannot be set by {name}.");
        }
    }

    private static string Other(Type type, object? value) => value switch
    {
        _ when type == typeof(IReadOnlyList<CallOperation>) => """["embedding"]""",
        _ when type == typeof(IReadOnlyList<string>) => """["x"]""",
        _ when type == typeof(IReadOnlyDictionary<string, string>) => """{ "x": "y" }""",
        _ when type == typeof(IReadOnlyDictionary<string, IReadOnlyList<string>>) => """{ "x": ["y"] }""",
        ProviderAuth => """{ "scheme": "none" }""",
        ProviderQuirks => """{ "cache_control": false }""",
        ProviderAuthScheme => "\"cloud\"",
        bool flag => flag ? "false" : "true",
        _ => type == typeof(string) ? "\"x\"" : "7",
    };

    private static ProviderDescriptor Read(string entry) =>
        ProviderCatalogReader.Read(Encoding.UTF8.GetBytes($$"""{ "providers": [ {{entry}} ] }""")).Providers[0];

    [Covers("S004-10", "S004-22")]
    [Fact]
    public void What_stands_in_the_file_arrives_in_the_descriptor()
    {
        var entry = ProviderCatalog.Parse("""
            {
              "providers": [
                {
                  "name": "full", "display_name": "Full", "aliases": ["whole"], "dialects": ["openai-chat", "other"],
                  "base_url": "https://{region}.example.com/v1", "variables": { "region": ["FULL_REGION"] }, "models_path": null,
                  "base_urls": { "other": "https://other.example.com" }, "address_rewrites": { "cn.": "cn-" }, "query": "v={region}",
                  "paths": { "chat_stream": "/{model}/stream" },
                  "auth": { "scheme": "cloud", "header": "api-key", "credential": "acme", "scope": "all" }, "key_env": ["FULL_KEY"], "headers": { "X-A": "b" },
                  "operations": ["chat", "embedding"],
                  "quirks": {
                    "stream_options": false, "max_tokens_field": "max_completion_tokens", "reasoning_field": "reasoning",
                    "unsupported_params": ["n"], "renamed_params": { "seed": "random_seed" },
                    "tool_call_id_length": 9, "required_tool_choice": "any", "developer_role": false, "message_fields": ["role", "content"],
                    "bare_input_audio": true, "thinking_parts": true, "own_fields": ["safe_prompt"],
                    "reasoning_efforts": ["high"],
                    "assistant_after_tool": true, "custom_tools": true, "reasoning_off": { "thinking": "{\"type\":\"disabled\"}" }
                  },
                  "timeout": 120, "priority": 7, "features": ["vision"], "model_patterns": ["full-*"],
                  "models": ["full-1"], "local": true, "unavailable": "closed", "notes": "a note"
                }
              ]
            }
            """u8).Find("whole")!;
        Assert.Equal("full", entry.Name);
        Assert.Equal("Full", entry.DisplayName);
        Assert.Equal(["openai-chat", "other"], entry.Dialects);
        Assert.Equal("https://{region}.example.com/v1", entry.BaseUrl);
        Assert.Equal(["FULL_REGION"], entry.Variables["region"]);
        Assert.Null(entry.ModelsPath);
        Assert.Equal("https://other.example.com", entry.BaseUrls["other"]);
        Assert.Equal("cn-", entry.AddressRewrites["cn."]);
        Assert.Equal("v={region}", entry.Query);
        Assert.Equal("/{model}/stream", entry.Paths["chat_stream"]);
        Assert.Equal(
            new ProviderAuth { Scheme = ProviderAuthScheme.Cloud, Header = "api-key", Credential = "acme", Scope = "all" }, entry.Auth);
        Assert.Equal(["FULL_KEY"], entry.KeyEnv);
        Assert.Equal("b", entry.Headers["X-A"]);
        Assert.Equal([CallOperation.Chat, CallOperation.Embedding], entry.Operations);
        Assert.False(entry.Quirks.StreamOptions);
        Assert.Equal("max_completion_tokens", entry.Quirks.MaxTokensField);
        Assert.Equal("reasoning", entry.Quirks.ReasoningField);
        Assert.Equal(["n"], entry.Quirks.UnsupportedParams);
        Assert.Equal("random_seed", entry.Quirks.RenamedParams["seed"]);
        Assert.Equal((9, "any", false), (entry.Quirks.ToolCallIdLength, entry.Quirks.RequiredToolChoice, entry.Quirks.DeveloperRole));
        Assert.Equal(["role", "content"], entry.Quirks.MessageFields);
        Assert.Equal((true, true), (entry.Quirks.BareInputAudio, entry.Quirks.ThinkingParts));
        Assert.Equal(["safe_prompt"], entry.Quirks.OwnFields);
        Assert.Equal(["high"], entry.Quirks.ReasoningEfforts);
        Assert.True(entry.Quirks.AssistantAfterTool);
        Assert.True(entry.Quirks.CustomTools);
        Assert.Equal("""{"type":"disabled"}""", entry.Quirks.ReasoningOff["thinking"]);
        Assert.Equal(120, entry.Timeout);
        Assert.Equal(7, entry.Priority);
        Assert.Equal(["vision"], entry.Features);
        Assert.Equal(["full-*"], entry.ModelPatterns);
        Assert.Equal(["full-1"], entry.Models);
        Assert.True(entry.Local);
        Assert.Equal("closed", entry.Unavailable);
        Assert.Equal("a note", entry.Notes);
    }

    [Covers("S004-11")]
    [Theory]
    [InlineData("""{ "name": "Upper", "base_url": "https://a.b/v1", "key_env": ["A"] }""", "lower-case")]
    [InlineData("""{ "name": "x", "key_env": ["A"] }""", "no base_url")]
    [InlineData("""{ "name": "x", "base_url": "ftp://a.b", "key_env": ["A"] }""", "not an http")]
    [InlineData("""{ "name": "x", "base_url": "http://a.b/v1", "key_env": ["A"] }""", "in the clear")]
    [InlineData("""{ "name": "x", "base_url": "https://a.b/v1/", "key_env": ["A"] }""", "slash")]
    [InlineData("""{ "name": "x", "base_url": "https://{a}.b/v1", "key_env": ["A"] }""", "placeholder a")]
    [InlineData("""{ "name": "x", "base_url": "https://a.b/v1" }""", "names no variable")]
    [InlineData("""{ "name": "x", "base_url": "https://a.b/v1", "key_env": ["a b"] }""", "environment variable")]
    [InlineData("""{ "name": "x", "base_url": "https://a.b/v1", "auth": { "scheme": "none" }, "key_env": ["A"] }""", "takes no key")]
    [InlineData("""{ "name": "x", "base_url": "https://a.b/v1", "auth": { "scheme": "header" }, "key_env": ["A"] }""", "auth.header")]
    [InlineData("""{ "name": "x", "base_url": "https://a.b/v1", "key_env": ["A"], "dialects": ["Open AI"] }""", "dialect")]
    [InlineData("""{ "name": "x", "base_url": "https://a.b/v1", "key_env": ["A"], "operations": [] }""", "no operation")]
    [InlineData("""{ "name": "x", "base_url": "https://a.b/v1", "key_env": ["A"], "timeout": 0 }""", "at least 1 second")]
    [InlineData("""{ "name": "x", "base_url": "https://a.b/v1", "key_env": ["A"], "features": ["flying"] }""", "not a feature")]
    [InlineData(
        """{ "name": "x", "base_url": "https://a.b/v1", "key_env": ["A"], "quirks": { "unsupported_params": ["lgprobs"] } }""",
        "not a chat field")]
    [InlineData(
        """{ "name": "x", "base_url": "https://a.b/v1", "key_env": ["A"], "quirks": { "max_tokens_field": "tokens" } }""",
        "max_tokens_field")]
    [InlineData(
        """{ "name": "x", "base_url": "https://a.b/v1", "key_env": ["A"], "quirks": { "tool_call_id_length": 3 } }""",
        "tool_call_id_length")]
    [InlineData(
        """{ "name": "x", "base_url": "https://a.b/v1", "key_env": ["A"], "quirks": { "required_tool_choice": "must" } }""",
        "required_tool_choice")]
    [InlineData("""{ "name": "x", "base_url": "https://a.b/v1", "key_env": ["A"], "quirks": { "message_fields": ["role", "content", "colour"] } }""", "no member of a message")]
    [InlineData(
        """{ "name": "x", "base_url": "https://a.b/v1", "key_env": ["A"], "quirks": { "message_fields": ["role"] } }""", "leave out")]
    [InlineData(
        """{ "name": "x", "base_url": "https://a.b/v1", "key_env": ["A"], "quirks": { "reasoning_efforts": ["hard"] } }""",
        "not a reasoning effort")]
    [InlineData(
        """{ "name": "x", "base_url": "https://a.b/v1", "key_env": ["A"], "headers": { "authorization": "Bearer x" } }""", "credential")]
    [InlineData("""{ "name": "x", "base_url": "https://a.b/v1", "auth": { "scheme": "cloud" } }""", "auth.credential")]
    [InlineData(
        """{ "name": "x", "base_url": "https://a.b/v1", "key_env": ["A"], "auth": { "scheme": "bearer", "credential": "c" } }""",
        "auth.credential")]
    [InlineData(
        """{ "name": "x", "base_url": "https://a.b/v1", "key_env": ["A"], "auth": { "scheme": "bearer", "scope": "c" } }""", "auth.scope")]
    [InlineData(
        """{ "name": "x", "base_url": "https://a.b/v1", "key_env": ["A"], "auth": { "scheme": "bearer", "header": "c" } }""",
        "auth.header")]
    [InlineData("""{ "name": "x", "base_url": "https://a.b/v1", "key_env": ["A"], "paths": { "chats": "/x" } }""", "not an operation")]
    [InlineData("""{ "name": "x", "base_url": "https://a.b/v1", "key_env": ["A"], "paths": { "chat": "/{region}/x" } }""", "paths.chat")]
    [InlineData("""{ "name": "x", "base_url": "https://a.b/v1", "key_env": ["A"], "paths": { "chat": "x" } }""", "paths.chat")]
    [InlineData("""{ "name": "x", "base_url": "https://a.b/v1", "key_env": ["A"], "query": "?a=b" }""", "question mark")]
    [InlineData("""{ "name": "x", "base_url": "https://a.b/v1", "key_env": ["A"], "query": "a={b}" }""", "placeholder b")]
    [InlineData(
        """{ "name": "x", "base_url": "https://a.b/v1", "key_env": ["A"], "base_urls": { "gemini": "https://a.b" } }""",
        "further dialects")]
    [InlineData("""{ "name": "x", "base_url": "https://a.b/v1", "key_env": ["A"], "dialects": ["openai-chat", "gemini"], "base_urls": { "gemini": "http://a.b" } }""", "base_urls.gemini")]
    public void A_faulty_entry_is_found_out(string json, string expected)
    {
        Assert.Contains(ProviderDescriptorValidator.Validate(Read(json)), message => message.Contains(expected, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("openai", "gpt-4o", true)]
    [InlineData("openai", "o3-mini", true)]
    [InlineData("openai", "gpt-oss-120b", false)]
    [InlineData("openai", "text-embedding-3-small", true)]
    [InlineData("openai", "text-embedding-v4", false)]
    [InlineData("openai", "claude-sonnet-4-5", false)]
    [InlineData("dashscope", "text-embedding-v4", true)]
    [InlineData("deepseek", "deepseek-chat", true)]
    [InlineData("deepseek", "deepseek-r1-distill-llama-70b", false)]
    [InlineData("groq", "deepseek-r1-distill-llama-70b", true)]
    [InlineData("groq", "llama-3.3-70b-versatile", true)]
    [InlineData("xai", "grok-4-0709", true)]
    [InlineData("openrouter", "gpt-4o", false)]
    [InlineData("mock", "gpt-4o", true)]
    [InlineData("mock", "claude-sonnet-4-5", true)]
    public async Task A_bare_model_name_belongs_to_those_known_to_serve_it(string provider, string model, bool expected)
    {
        var descriptor = ProviderCatalog.Default.Find(provider)!;
        await using var made = new HttpProvider(provider, descriptor with { BaseUrl = "https://example.com" });
        await made.InitializeAsync(new ProviderSettings { Type = provider, ApiKey = "k" }, TestContext.Current.CancellationToken);
        Assert.Equal(expected, made.ServesModel(model));
    }
}
