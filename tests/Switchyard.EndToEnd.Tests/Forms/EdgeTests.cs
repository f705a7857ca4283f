using System.Net;
using System.Text;
using System.Text.Json;
using Switchyard.EndToEnd.Tests.Server;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Forms;

/// <summary>The gateway compiled ahead of time behaves like the ordinary one.</summary>
[Collection(nameof(InstallForms))]
public sealed class EdgeTests(InstallForms forms)
{
    [Fact]
    public async Task It_answers_the_readmes_first_call_without_any_key_and_ends_well()
    {
        await using var program = await (await forms.StartEdgeAsync(null)).ServingAsync();

        await ReadmeCall.AnswersAtAsync(program.Address);

        await program.TerminateAsync();
        Assert.Equal(0, await program.EndAsync());
    }

    /// <summary>
    /// The goal is 30 MB. The first measurement was 46 to 50 MB, half of that pages of the file itself; the bound
    /// keeps it from growing unnoticed, and the measured value is printed.
    /// </summary>
    [Fact]
    public async Task It_is_one_small_file_and_takes_little_memory_before_its_first_call()
    {
        await using var program = await (await forms.StartEdgeAsync(null)).ServingAsync();

        var size = new FileInfo(forms.EdgeFile()).Length / 1048576.0;
        var resident = ResidentMemory.Of(program.ProcessId) / 1048576.0;

        TestContext.Current.SendDiagnosticMessage("switchyard-edge: {0:0.0} MB, {1:0.0} MB resident when it serves.", size, resident);
        Assert.InRange(size, 5, 40);
        Assert.InRange(resident, 5, 60);
    }

    /// <summary>Each unsupported setting is refused with its line: a gateway that ignored it would not be the configured one.</summary>
    [Theory]
    [InlineData("admin", "admin: { key: an-admin-key-of-16 }")]
    [InlineData("plugins", "plugins: { directory: plugins }")]
    [InlineData("storage.ledger", "storage: { ledger: \"sqlite:ledger.db\" }")]
    [InlineData("storage.redis", "storage: { redis: \"redis://127.0.0.1:1\" }")]
    [InlineData("secrets.file", "secrets: { file: secrets.json }")]
    public async Task It_refuses_what_it_cannot_serve_and_says_where_it_stands(string key, string setting)
    {
        await using var program = await forms.StartEdgeAsync($"providers: {{ mock: {{}} }}\n{setting}\n");

        Assert.Equal(1, await program.EndAsync());
        Assert.Contains("switchyard.yaml:2:", program.Errors, StringComparison.Ordinal);
        Assert.Contains($"'{key}' needs", program.Errors, StringComparison.Ordinal);
        Assert.Contains("serve this file with switchyard.", program.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_checks_a_file_without_serving_it_and_asks_one_that_runs()
    {
        await using var usable = await forms.StartEdgeAsync("providers: { mock: {} }\n", "check");
        Assert.Equal(0, await usable.EndAsync());
        await using var unusable = await forms.StartEdgeAsync("providers: { mock: {} }\nadmin: { key: an-admin-key-of-16 }\n", "check");
        Assert.Equal(1, await unusable.EndAsync());

        await using var program = await (await forms.StartEdgeAsync(null)).ServingAsync();
        await using var ping = await forms.StartEdgeAsync(null, "ping", "--url", program.Address.AbsoluteUri);
        Assert.Equal(0, await ping.EndAsync());
        Assert.Contains("ready", ping.Printed, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--urs", "There is no option '--urs'; did you mean '--urls'?")]
    [InlineData("chekc", "There is no verb 'chekc'; did you mean 'check'?")]
    public async Task It_names_the_option_or_verb_that_was_probably_meant(string argument, string message)
    {
        await using var program = await forms.StartEdgeAsync(null, argument);

        Assert.Equal(2, await program.EndAsync());
        Assert.Contains(message, program.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_follows_its_file_and_refuses_a_change_that_it_cannot_serve()
    {
        const string First = "providers: { mock: {} }\nmodels: { first: { targets: [ mock/mock-model-v1 ] } }\n";
        await using var program = await (await forms.StartEdgeAsync(First)).ServingAsync();

        await program.WriteConfigurationAsync(First.Replace("first", "second", StringComparison.Ordinal));
        await Wait.ForAsync(async () => (await program.Http.GetStringAsync("/v1/models")).Contains("\"second\"", StringComparison.Ordinal));
        await program.WriteConfigurationAsync(First + "plugins: { directory: plugins }\n");
        await program.UntilItSaysAsync("'plugins' needs");

        Assert.Contains("\"second\"", await program.Http.GetStringAsync("/v1/models"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_streams()
    {
        await using var program = await (await forms.StartEdgeAsync(null)).ServingAsync();

        var text = await ChatAsync(program, Some.ChatRequest("mock-model-v1", stream: true));

        Assert.Contains("chat.completion.chunk", text, StringComparison.Ordinal);
        Assert.EndsWith("data: [DONE]\n\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/messages", """{"model":"mock-model-v1","max_tokens":50,"messages":[{"role":"user","content":"Hello"}]}""")]
    [InlineData("/v1beta/models/mock-model-v1:generateContent", """{"contents":[{"role":"user","parts":[{"text":"Hello"}]}]}""")]
    [InlineData("/v1/responses", """{"model":"mock-model-v1","input":"Hello"}""")]
    [InlineData("/v1/embeddings", """{"model":"mock-model-v1","input":"Hello"}""")]
    public async Task It_speaks_every_format(string path, string request)
    {
        await using var program = await (await forms.StartEdgeAsync(null)).ServingAsync();

        var text = await AskAsync(program, path, request);

        Assert.Contains(path == "/v1/embeddings" ? "\"embedding\"" : "Mock response to: Hello", text, StringComparison.Ordinal);
    }

    /// <summary>One key of each kind: trimming could have removed members that the binder sets by reflection.</summary>
    [Fact]
    public async Task It_reads_its_configuration()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        var yaml = $$"""
            providers:
              up: { base_url: "{{upstream.BaseUrl}}", key: sk-upstream, headers: { x-extra: more }, timeout: 20s, priority: 7 }
              mock: {}
            models:
              fast: { targets: [ mock/mock-model-v1 ] }
              deep: { targets: [ { model: up/some-model } ], fallback: [ mock/mock-model-v1 ] }
            timeouts: { idle: 45s }
            server: { keys: [ client-key ], max_body: 2KB }
            strict: true
            """;
        await using var program = await (await forms.StartEdgeAsync(yaml)).ServingAsync();
        var request = Some.ChatRequest("deep");
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(program, request));
        program.Http.DefaultRequestHeaders.Add("Authorization", "Bearer client-key");

        Assert.Contains("Mock response to", await ChatAsync(program, Some.ChatRequest("fast")), StringComparison.Ordinal);
        Assert.Equal(Some.ChatCompletion(), await ChatAsync(program, request));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, await StatusAsync(program, request.PadRight(3000)));

        Assert.Contains("\"some-model\"", upstream.LastRequest.Text, StringComparison.Ordinal);
        Assert.Equal("Bearer sk-upstream", upstream.LastRequest.Headers["Authorization"]);
        Assert.Equal("more", upstream.LastRequest.Headers["x-extra"]);
    }

    [Fact]
    public async Task A_configuration_with_errors_ends_it_and_every_error_has_its_line()
    {
        await using var program = await forms.StartEdgeAsync("models:\n  fast: { targest: [ here/any ] }\ntimeouts: { idle: soon }\n");

        Assert.Equal(1, await program.EndAsync());
        foreach (var line in (int[])[2, 3])
            Assert.Contains($"switchyard.yaml:{line}:", program.Errors, StringComparison.Ordinal);
    }

    /// <summary>Such answers use our own collections, which JSON can write only if their types are listed.</summary>
    [Fact]
    public async Task It_translates_citations_and_log_probabilities()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenJson("""
            {"id":"resp_1","object":"response","created_at":1,"status":"completed","model":"some-model","output":[{"type":"message","id":"m",
             "role":"assistant","status":"completed","content":[{"type":"output_text","text":"a",
             "annotations":[{"type":"url_citation","start_index":0,"end_index":1,"url":"https://e.org/","title":"t"}],
             "logprobs":[{"token":"a","logprob":-0.5,"bytes":[97],"top_logprobs":[]}]}]}],
             "usage":{"input_tokens":1,"output_tokens":1,"total_tokens":2}}
            """);
        var yaml = $"providers:\n  up: {{ base_url: \"{upstream.BaseUrl}\", dialect: openai-responses }}\n";
        await using var program = await (await forms.StartEdgeAsync(yaml)).ServingAsync();

        var choice = JsonElement.Parse(await ChatAsync(program, Some.ChatRequest("up/some-model"))).GetProperty("choices")[0];

        var citation = choice.GetProperty("message").GetProperty("annotations")[0].GetProperty("url_citation");
        Assert.Equal("https://e.org/", citation.GetProperty("url").GetString());
        Assert.Equal(-0.5, choice.GetProperty("logprobs").GetProperty("content")[0].GetProperty("logprob").GetDouble());
    }

    private static Task<string> ChatAsync(Executable program, string request) => AskAsync(program, "/v1/chat/completions", request);

    private static async Task<string> AskAsync(Executable program, string path, string request)
    {
        using var response = await program.Http.PostAsync(path, Json(request));
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{response.StatusCode}: {text}\n{program.Said}");
        return text;
    }

    private static async Task<HttpStatusCode> StatusAsync(Executable program, string request)
    {
        using var response = await program.Http.PostAsync("/v1/chat/completions", Json(request));
        return response.StatusCode;
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");
}
