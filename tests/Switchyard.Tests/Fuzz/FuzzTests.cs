using System.Globalization;
using System.Runtime.ExceptionServices;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Recorded;
using Switchyard.Recording;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Fuzz;

/// <summary>
/// Every decoder of every format gets corrupted input: the result is a value or an error of ours, within bounds of memory and time.
/// The same seed corrupts the same way. <c>./test</c> runs about a minute; by hand it can run for hours:
/// <c>SWITCHYARD_FUZZ_ROUNDS=1000000 SWITCHYARD_FUZZ_SEED=7</c>, and the class alone (CONTRIBUTING.md).
/// </summary>
public sealed class FuzzTests
{
    private const int FewRounds = 150;

    /// <summary>The allocation limit of one input: a fixed part, and a part for each of its bytes.</summary>
    private const long AllowedBytes = 64 * 1024 * 1024, AllowedBytesPerByte = 1000;

    /// <summary>Far above the time of any input; a longer run does not end, or its time grows faster than its input.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(60);

    private static readonly int s_rounds = Setting("SWITCHYARD_FUZZ_ROUNDS", FewRounds);
    private static readonly int s_seed = Setting("SWITCHYARD_FUZZ_SEED", 1);

    public static TheoryData<string> Clients => [.. BuiltInDialects.Set.IngressIds.Select(id => id.Value)];

    public static TheoryData<string> Providers => [.. BuiltInDialects.Set.EgressIds.Select(id => id.Value)];

    [Theory, MemberData(nameof(Clients))]
    public void A_spoiled_request_is_carried_or_refused(string dialect)
    {
        var requests = Corpus.Requests(new(dialect));
        Assert.True(requests.Count > 0 || dialect == DialectId.Plain.Value, $"no requests of {dialect} to spoil");
        if (requests.Count == 0)
            requests = Corpus.Requests(DialectId.OpenAIChat);
        Run(random =>
        {
            var sample = random.Pick(requests);
            var body = random.Spoil(sample.Json);
            return (body, () => Decoders.Request(BuiltInDialects.Set.Ingress(new(dialect)), sample.Operation, body));
        });
    }

    [Theory, MemberData(nameof(Providers))]
    public void A_spoiled_answer_is_carried_or_refused(string dialect)
    {
        var answers = Corpus.Answers(new(dialect));
        Run(random =>
        {
            var sample = random.Pick(answers);
            var body = random.Spoil(sample.Json);
            return (body, () => Decoders.Answer(BuiltInDialects.Set.Egress(new(dialect)), sample.Operation, body));
        });
    }

    [Theory, MemberData(nameof(Providers))]
    public void A_spoiled_stream_is_carried_or_broken_off(string dialect)
    {
        var lines = Corpus.Stream(new(dialect));
        Run(random =>
        {
            var frames = Frames.Spoil(random, new(dialect), lines);
            var slice = random.Next(frames.Length + 1) + 1;
            return (frames, () => Decoders.Stream(BuiltInDialects.Set.Egress(new(dialect)), frames, slice));
        });
    }

    [Theory, MemberData(nameof(Providers))]
    public void A_spoiled_error_is_an_error(string dialect)
    {
        var error = Corpus.Error(new(dialect));
        Run(random =>
        {
            var body = random.Next(20) == 0 ? random.SpoilBytes("<html><body>No.</body></html>"u8.ToArray()) : random.Spoil(error);
            var status = random.Pick((int[])[400, 401, 402, 403, 404, 408, 413, 422, 429, 500, 502, 503, 504, 529]);
            return (body, () => Decoders.Error(BuiltInDialects.Set.Egress(new(dialect)), status, body));
        });
    }

    [Fact]
    public void A_spoiled_recording_is_read_or_refused()
    {
        var file = """
            { "cassette": 1, "recorded": "2030-01-01T00:00:00.000Z", "alias": "fast", "provider": "up", "format": "f", "model": "m",
              "request": { "method": "POST", "path": "/chat/completions", "headers": { "accept": "*/*" },
                           "json": {"model":"m","messages":[{"role":"user","content":"a sk-proj-0123456789abcdefghij \u00fc"}],"t":0.70} },
              "answer": { "status": 200, "ms": 1.5, "headers": { "content-type": "text/event-stream" }, "broke_off": true,
                          "pieces": [ { "ms": 3, "text": "data: {\"a\":\"x\"}\n\n" }, { "base64": "AAEC" } ] } }
            """u8.ToArray();
        Run(random =>
        {
            var bytes = random.SpoilBytes(file);
            return (bytes, () =>
            {
                try
                {
                    var read = new Redaction(new SecretRedactor()).Clean(CassetteReader.Read("a.json", bytes));
                    if (read is not null)
                        CassetteReader.Read("again.json", CassetteWriter.Write(read));
                }
                catch (CassetteException)
                {
                    // Refused, with its file and the position.
                }
            });
        });
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) && value > 0
            ? value
            : otherwise;

    /// <summary>Runs the rounds on a separate thread, so that one that does not end fails with its input.</summary>
    private static void Run(Func<Mutations, (byte[] Input, Action Attempt)> next)
    {
        var round = 0;
        byte[] input = [];
        ExceptionDispatchInfo? failure = null;
        using var progress = new AutoResetEvent(false);
        using var ended = new ManualResetEventSlim();
        var thread = new Thread(() =>
        {
            try
            {
                for (; round < s_rounds; round++)
                {
                    (input, var attempt) = next(new Mutations(unchecked((s_seed * 1_000_003) + round)));
                    Bounded(input, attempt);
                    progress.Set();
                }
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }

            ended.Set();
            progress.Set();
        }) { IsBackground = true };
        thread.Start();
        while (!ended.IsSet && progress.WaitOne(s_longest))
        {
        }

        Assert.True(ended.IsSet, Describe("does not come to an end", round, input));
        Assert.True(failure is null, Describe(failure?.SourceException.ToString() ?? "", round, input));
    }

    private static void Bounded(byte[] input, Action attempt)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            attempt();
        }
        catch (CallException)
        {
            // A refusal is a valid result.
        }

        var taken = GC.GetAllocatedBytesForCurrentThread() - before;
        if (taken > AllowedBytes + (AllowedBytesPerByte * input.Length))
            throw new InvalidOperationException($"{taken} bytes for an input of {input.Length}");
    }

    private static string Describe(string what, int round, byte[] input) =>
        $"seed {s_seed}, round {round}: {what}\ninput of {input.Length} bytes, base64 of at most 4,096: "
        + Convert.ToBase64String(input.AsSpan(0, Math.Min(input.Length, 4096)));
}
