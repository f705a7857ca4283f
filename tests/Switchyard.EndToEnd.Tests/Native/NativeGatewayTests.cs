using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Switchyard.EndToEnd.Tests.Sdks;
using Switchyard.EndToEnd.Tests.Server;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Native;

/// <summary>The gateway compiled ahead of time does what it does elsewhere.</summary>
[Collection(nameof(NativeProgram))]
public sealed partial class NativeGatewayTests(NativeProgram native)
{
    [Fact]
    public async Task It_answers_the_readmes_first_call_without_any_key_and_ends_well()
    {
        await using var program = await (await native.StartAsync(null)).ServingAsync();
        var readme = await File.ReadAllTextAsync(Path.Combine(NodeProcess.RepositoryFolder, "README.md"));
        var curl = FirstCall().Match(readme).Groups["curl"].Value;
        Assert.Contains("http://127.0.0.1:8080", curl, StringComparison.Ordinal);

        var here = program.Address.GetLeftPart(UriPartial.Authority);
        var start = new ProcessStartInfo("bash", ["-c", curl.Replace("http://127.0.0.1:8080", here, StringComparison.Ordinal)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var shell = Process.Start(start)!;
        var answer = JsonElement.Parse(await shell.StandardOutput.ReadToEndAsync());
        await shell.WaitForExitAsync();
        Assert.Equal("Mock response to: Hello", answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());

        await program.TerminateAsync();
        Assert.Equal(0, await program.EndAsync());
    }

    [Fact]
    public async Task It_streams()
    {
        await using var program = await (await native.StartAsync(null)).ServingAsync();

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
        await using var program = await (await native.StartAsync(null)).ServingAsync();

        var text = await AskAsync(program, path, request);

        Assert.Contains(path == "/v1/embeddings" ? "\"embedding\"" : "Mock response to: Hello", text, StringComparison.Ordinal);
    }

    /// <summary>One key of each kind: what the binder sets by reflection, a trimmer could have removed.</summary>
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
        await using var program = await (await native.StartAsync(yaml)).ServingAsync();
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
        await using var program = await native.StartAsync("models:\n  fast: { targest: [ here/any ] }\ntimeouts: { idle: soon }\n");

        Assert.Equal(1, await program.EndAsync());
        foreach (var line in (int[])[2, 3])
            Assert.Contains($"switchyard.yaml:{line}:", program.Errors, StringComparison.Ordinal);
    }

    /// <summary>Such answers pass through collections of our own making, which JSON can write only if their types are listed.</summary>
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
        await using var program = await (await native.StartAsync(yaml)).ServingAsync();

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

    [GeneratedRegex(@"```bash\n(?<curl>curl .*?)```", RegexOptions.Singleline)]
    private static partial Regex FirstCall();
}
