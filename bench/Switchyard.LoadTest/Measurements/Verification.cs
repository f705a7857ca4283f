using System.Net.Http.Headers;
using System.Text;
using Switchyard.LoadTest.Load;
using Switchyard.LoadTest.Processes;
using Switchyard.LoadTest.Subjects;
using Switchyard.LoadTest.Upstream;

namespace Switchyard.LoadTest.Measurements;

/// <summary>Checks one whole answer and one stream of each subject before it is measured, and shows a wrong answer.</summary>
internal static class Verification
{
    public static async Task RunAsync(Bench bench)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(20) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", RequestBytes.ClientKey);
        foreach (var subject in bench.Subjects)
        {
            await CheckAsync(
                client, subject, """{"model":"bench/bench","messages":[{"role":"user","content":"Hi"}]}""", CannedAnswers.Marker);
            await CheckAsync(
                client, subject, """{"model":"bench/bench-3x1","messages":[{"role":"user","content":"Hi"}],"stream":true}""",
                "data: [DONE]");
        }
    }

    private static async Task CheckAsync(HttpClient client, Subject subject, string body, string expected)
    {
        var address = new Uri(FormattableString.Invariant($"http://127.0.0.1:{subject.Port}/v1/chat/completions"));
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await client.PostAsync(address, content);
        var text = await answer.Content.ReadAsStringAsync();
        if (!answer.IsSuccessStatusCode || !text.Contains(expected, StringComparison.Ordinal))
            throw new RunFailedException(
                $"{subject.Name} answered {(int)answer.StatusCode} to {body}:\n{text}\n{subject.Process.LogTail()}");
    }
}
