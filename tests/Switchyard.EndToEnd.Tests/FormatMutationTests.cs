using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests;

/// <summary>
/// Corrupted requests of every client format to providers of every other, and corrupted answers of every provider format: always an
/// answer of the client's format or a typed error of it.
/// </summary>
public sealed class FormatMutationTests
{
    private const int Seed = 815;

    /// <summary>The number of requests for each pair of formats.</summary>
    private const int Tries = 120;

    private const string Picture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

    private static readonly HashSet<int> s_statusesOfBadRequests = [400, 404, 413, 415, 422];

    private static readonly Question[] s_questions =
    [
        new("openai-chat", "/v1/chat/completions", """{"model":"MODEL","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":[{"type":"text","text":"What?"},{"type":"image_url","image_url":{"url":"data:image/png;base64,PICTURE","detail":"low"}}]},{"role":"assistant","content":null,"reasoning_content":"hm","tool_calls":[{"id":"c1","type":"function","function":{"name":"get_weather","arguments":"{\"city\":\"Oslo\"}"}}]},{"role":"tool","tool_call_id":"c1","content":"sunny"}],"tools":[{"type":"function","function":{"name":"get_weather","description":"w","parameters":{"type":"object","properties":{"city":{"type":["string","null"]}},"required":["city"]},"strict":false}}],"tool_choice":{"type":"function","function":{"name":"get_weather"}},"reasoning_effort":"low","response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"type":"object","properties":{"a":{"$ref":"#/$defs/b"}},"$defs":{"b":{"anyOf":[{"type":"string"},{"type":"null"}]}}}}},"stop":["a"],"max_tokens":20}"""),
        new("openai-chat", "/v1/chat/completions", """{"model":"MODEL","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"developer","content":"Be brief."},{"role":"user","content":"Grüße 👋"}],"temperature":0.7,"top_p":1,"n":1,"logit_bias":{"50256":-100},"user":"u","seed":7}"""),
        new(
            "openai-chat", "/v1/embeddings",
            """{"model":"MODEL","input":["one","two"],"encoding_format":"base64","dimensions":16,"user":"u"}"""),
        new(
            "openai-chat", "/v1/rerank",
            """{"model":"MODEL","query":"q","documents":["a",{"text":"b"}],"top_n":1,"return_documents":true}"""),
        new("anthropic-messages", "/v1/messages", """{"model":"MODEL","max_tokens":100,"system":[{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral"}}],"messages":[{"role":"user","content":[{"type":"text","text":"What?"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"PICTURE"}},{"type":"document","source":{"type":"text","media_type":"text/plain","data":"d"},"title":"t"}]},{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"c2ln"},{"type":"redacted_thinking","data":"ZGF0YQ=="},{"type":"tool_use","id":"toolu_1","name":"get_weather","input":{"city":"Oslo"}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":[{"type":"text","text":"sunny"}],"is_error":true}]}],"tools":[{"name":"get_weather","description":"w","input_schema":{"type":"object","properties":{"city":{"type":"string"}}}},{"type":"web_search_20250305","name":"web_search","max_uses":1}],"tool_choice":{"type":"auto","disable_parallel_tool_use":true},"thinking":{"type":"enabled","budget_tokens":1024},"stop_sequences":["a"],"metadata":{"user_id":"u"},"temperature":1,"top_k":5}"""),
        new("anthropic-messages", "/v1/messages", """{"model":"MODEL","max_tokens":100,"stream":true,"system":"Be brief.","messages":[{"role":"user","content":"Grüße 👋"}],"top_p":0.9,"service_tier":"auto","output_config":{"effort":"low"}}"""),
        new("anthropic-messages", "/v1/messages/count_tokens", """{"model":"MODEL","system":"Be brief.","messages":[{"role":"user","content":"hi"}],"tools":[{"name":"f","input_schema":{"type":"object"}}]}"""),
        new("gemini", "/v1beta/models/MODEL:generateContent", """{"systemInstruction":{"parts":[{"text":"Be brief."}]},"contents":[{"role":"user","parts":[{"text":"What?"},{"inlineData":{"mimeType":"image/png","data":"PICTURE"}}]},{"role":"model","parts":[{"text":"hm","thought":true,"thoughtSignature":"c2ln"},{"functionCall":{"id":"f1","name":"get_weather","args":{"city":"Oslo"}},"thoughtSignature":"c2ln"}]},{"role":"user","parts":[{"functionResponse":{"id":"f1","name":"get_weather","response":{"output":"sunny"}}}]}],"tools":[{"functionDeclarations":[{"name":"get_weather","description":"w","parameters":{"type":"OBJECT","properties":{"city":{"type":"STRING","nullable":true}},"required":["city"]}}]},{"googleSearch":{}}],"toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["get_weather"]}},"safetySettings":[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"BLOCK_NONE"}],"generationConfig":{"temperature":0.5,"topP":0.9,"topK":5,"maxOutputTokens":100,"stopSequences":["a"],"candidateCount":1,"thinkingConfig":{"thinkingBudget":128,"includeThoughts":true},"responseMimeType":"application/json","responseSchema":{"type":"OBJECT","properties":{"a":{"type":"STRING","enum":["x"]}}}}}"""),
        new("gemini", "/v1beta/models/MODEL:streamGenerateContent?alt=sse", """{"contents":[{"role":"user","parts":[{"text":"Grüße 👋"}]}],"generation_config":{"max_output_tokens":5,"seed":7,"responseLogprobs":true,"logprobs":2}}"""),
        new("gemini", "/v1beta/models/MODEL:streamGenerateContent", """{"contents":[{"parts":[{"text":"hi"}]}]}"""),
        new("gemini", "/v1beta/models/MODEL:countTokens", """{"contents":[{"parts":[{"text":"hi"}]}],"generateContentRequest":{"model":"models/MODEL","contents":[{"parts":[{"text":"hi"}]}]}}"""),
        new(
            "gemini", "/v1beta/models/MODEL:embedContent",
            """{"content":{"parts":[{"text":"a"}]},"taskType":"RETRIEVAL_QUERY","outputDimensionality":16,"title":"t"}"""),
        new("gemini", "/v1beta/models/MODEL:batchEmbedContents", """{"requests":[{"model":"models/MODEL","content":{"parts":[{"text":"a"}]},"outputDimensionality":16},{"model":"models/MODEL","content":{"parts":[{"text":"b"}]}}]}"""),
        new("openai-responses", "/v1/responses", """{"model":"MODEL","instructions":"Be brief.","input":[{"role":"user","content":[{"type":"input_text","text":"What?"},{"type":"input_image","image_url":"data:image/png;base64,PICTURE","detail":"low"},{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,JVBERi0="}]},{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"hm"}],"encrypted_content":"c2ln"},{"type":"function_call","call_id":"c1","name":"get_weather","arguments":"{\"city\":\"Oslo\"}"},{"type":"function_call_output","call_id":"c1","output":"sunny"},{"type":"message","role":"assistant","id":"msg_1","status":"completed","content":[{"type":"output_text","text":"So.","annotations":[]}]}],"tools":[{"type":"function","name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}},"strict":true},{"type":"custom","name":"code","format":{"type":"text"}},{"type":"web_search"}],"tool_choice":"auto","parallel_tool_calls":true,"reasoning":{"effort":"low","summary":"auto"},"text":{"format":{"type":"json_schema","name":"x","schema":{"type":"object"},"strict":true},"verbosity":"low"},"max_output_tokens":50,"metadata":{"a":"b"},"include":["reasoning.encrypted_content"],"store":false,"truncation":"disabled"}"""),
        new(
            "openai-responses", "/v1/responses",
            """{"model":"MODEL","input":"Grüße 👋","stream":true,"temperature":0.5,"top_p":1,"user":"u","top_logprobs":2}"""),
        new("openai-responses", "/v1/responses/input_tokens", """{"model":"MODEL","input":"hi","instructions":"x"}"""),
    ];

    public static TheoryData<string, string> Pairs
    {
        get
        {
            var pairs = new TheoryData<string, string>();
            foreach (var client in ClientFormat.Names)
            {
                foreach (var provider in ProviderFormat.Names)
                    pairs.Add(client, provider);
            }

            return pairs;
        }
    }

    [Theory, MemberData(nameof(Pairs))]
    public async Task A_spoilt_request_is_answered_or_refused_in_the_clients_own_format(string client, string provider)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.Then((http, seen) => AnswerAsync(http, seen, ProviderFormat.Of(provider)));
        await using var gateway = await StartAsync(upstream, provider);
        var questions = s_questions.Where(question => question.Client == client).ToArray();

        await TryManyAsync(gateway, async random =>
        {
            var (_, path, json) = random.Pick(questions);
            var body = random.Spoil(
                json.Replace("MODEL", "up/some-model", StringComparison.Ordinal).Replace("PICTURE", Picture, StringComparison.Ordinal));
            using var response = await gateway.PostAsync(path.Replace("MODEL", "up/some-model", StringComparison.Ordinal), body)
                .WaitAsync(TimeSpan.FromSeconds(30));
            var bytes = await response.Content.ReadAsByteArrayAsync().WaitAsync(TimeSpan.FromSeconds(30));
            var status = (int)response.StatusCode;
            Assert.True(
                status == 200 || s_statusesOfBadRequests.Contains(status),
                $"{path} answered {status} {Encoding.UTF8.GetString(bytes)} to {Encoding.UTF8.GetString(body)}");
            AssertWellFormed(ClientFormat.Of(client), response, bytes, forwarded: client == provider, body);
        });
    }

    [Theory, MemberData(nameof(Pairs))]
    public async Task A_field_without_a_name_and_fields_by_the_thousand_are_reported_and_no_failure(string client, string provider)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.Then((http, seen) => AnswerAsync(http, seen, ProviderFormat.Of(provider)));
        await using var gateway = await StartAsync(upstream, provider);
        var reader = ClientFormat.Of(client);
        var many = string.Concat(Enumerable.Range(0, 3000).Select(number => $",\"unknown_{number}\":{number}"));
        foreach (var more in new[] { ",\"\":1", ",\"\":{\"\":[]}", ",\" \\r\\nx-made-up: 1\":1", many })
        {
            using var response = await gateway.PostAsync(
                reader.Path("up/some-model", false), reader.Body("up/some-model", false)[..^1] + more + "}");

            var text = await response.Content.ReadAsStringAsync();
            Assert.True(
                response.StatusCode == HttpStatusCode.OK, $"{(int)response.StatusCode} {text} to {more[..Math.Min(40, more.Length)]}");
            Assert.Equal("Hi there", reader.ReadWhole(text));
            Assert.False(response.Headers.Contains("x-made-up"));
            Assert.Equal(client != provider, response.Headers.Contains("x-switchyard-dropped"));
        }
    }

    [Theory, MemberData(nameof(Pairs))]
    public async Task A_spoilt_answer_is_passed_well_formed_or_answered_with_a_typed_error(string client, string provider)
    {
        if (client == provider)
            return;
        var (format, reader) = (ProviderFormat.Of(provider), ClientFormat.Of(client));
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, provider);
        var answers = 0;
        upstream.Then(async (http, seen) =>
        {
            var random = new Mutations(Seed - Interlocked.Increment(ref answers));
            var stream = ProviderFormat.AsksForStream(seen);
            http.Response.ContentType = stream ? format.StreamType : "application/json";
            await http.Response.Body.WriteAsync(stream ? random.SpoilBytes(format.Stream) : random.Spoil(format.Whole));
            if (random.Next(8) == 0)
            {
                await http.Response.Body.FlushAsync();
                http.Abort();
            }
        });

        await TryManyAsync(gateway, async random =>
        {
            using var response = await reader.AskAsync(gateway, stream: random.Next(2) == 0).WaitAsync(TimeSpan.FromSeconds(30));
            var bytes = await response.Content.ReadAsByteArrayAsync().WaitAsync(TimeSpan.FromSeconds(30));
            Assert.NotEqual(HttpStatusCode.InternalServerError, response.StatusCode);
            AssertWellFormed(reader, response, bytes, forwarded: false, []);
        });
    }

    private static Task<GatewayHost> StartAsync(FakeUpstream upstream, string dialect) => GatewayHost.StartAsync(upstream, options =>
    {
        options.Providers["up"].Dialect = dialect;
        options.Timeouts.FirstToken = options.Timeouts.Idle = TimeSpan.FromSeconds(10);
        options.Timeouts.Total = TimeSpan.FromSeconds(20);
    });

    private static async Task TryManyAsync(GatewayHost gateway, Func<Mutations, Task> attempt)
    {
        var failures = new ConcurrentBag<string>();
        await Parallel.ForEachAsync(Enumerable.Range(0, Tries), new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (number, _) =>
        {
            try
            {
                await attempt(new Mutations(Seed + number));
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                failures.Add($"seed {Seed + number}: {failure.GetType().Name}: {failure.Message}");
            }
        });
        var log = gateway.Log.Errors.Take(3).ToList();
        Assert.True(
            failures.IsEmpty && log.Count == 0,
            $"{failures.Count} of {Tries} failed.\n{string.Join("\n\n", failures.Take(6))}\n\n{string.Join("\n\n", log)}");
    }

    private static void AssertWellFormed(ClientFormat client, HttpResponseMessage response, byte[] bytes, bool forwarded, byte[] asked)
    {
        var text = Encoding.UTF8.GetString(bytes);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            Assert.NotEqual("", client.ReadError(text, (int)response.StatusCode));
            Assert.DoesNotContain("internal_error", text, StringComparison.Ordinal);
            return;
        }

        if (response.Content.Headers.ContentType?.MediaType != "text/event-stream")
        {
            using var whole = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 4000 });
            return;
        }

        Assert.DoesNotContain("internal_error", text, StringComparison.Ordinal);
        if (forwarded)
            return;
        IReadOnlyList<string> problems;
        if (client.Name == "openai-chat")
        {
            // Whether the request still asks for usage depends on the mutation.
            var hasError = text.Contains("data: {\"error\":", StringComparison.Ordinal);
            OpenAIStreamGrammar.Read(bytes, includeUsage: text.Contains("\"usage\":", StringComparison.Ordinal), hasError, out problems);
        }
        else
        {
            var hasError = client.Name switch
            {
                "gemini" => text.Contains("data: {\"error\":", StringComparison.Ordinal),
                "openai-responses" =>
                    text.Contains("event: response.failed\n", StringComparison.Ordinal)
                        || text.Contains("event: error\n", StringComparison.Ordinal),
                _ => text.Contains("event: error\n", StringComparison.Ordinal),
            };
            client.ReadStream(bytes, hasError, out problems);
        }

        Assert.True(problems.Count == 0, $"{string.Join("; ", problems)}\nasked {Encoding.UTF8.GetString(asked)}\nin {text}");
    }

    private static async Task AnswerAsync(HttpContext http, SeenRequest seen, ProviderFormat format)
    {
        var path = seen.Path;
        var answer = path switch
        {
            _ when path.EndsWith(":embedContent", StringComparison.Ordinal) => """{"embedding":{"values":[1,2]}}""",
            _ when path.EndsWith(":batchEmbedContents", StringComparison.Ordinal) =>
                """{"embeddings":[{"values":[1,2]},{"values":[3,4]}]}""",
            _ when path.EndsWith("/count-tokens", StringComparison.Ordinal) => """{"inputTokens":7}""",
            _ when path.EndsWith("ountTokens", StringComparison.Ordinal) || path.EndsWith("_tokens", StringComparison.Ordinal) =>
                """{"totalTokens":7,"input_tokens":7}""",
            _ when path.EndsWith("/rerank", StringComparison.Ordinal) => """{"id":"r","results":[{"index":0,"relevance_score":0.9}]}""",
            _ when path.EndsWith("/embeddings", StringComparison.Ordinal) => """{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1,2]},{"object":"embedding","index":1,"embedding":[3,4]}],"model":"m","usage":{"prompt_tokens":1,"total_tokens":1}}""",
            _ when path.Contains("/embed", StringComparison.Ordinal) =>
                """{"id":"e","embeddings":[[1,2],[3,4]],"embeddings_by_type":{"float":[[1,2],[3,4]]}}""",
            _ => null,
        };
        if (answer is null && ProviderFormat.AsksForStream(seen))
        {
            await format.SendAsync(http, format.Stream);
            return;
        }

        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(answer ?? format.Whole);
    }

    private sealed record Question(string Client, string Path, string Body);
}
