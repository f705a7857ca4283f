using Switchyard.Common;
using Switchyard.Configuration;
using Switchyard.Recorded;
using Switchyard.Recording;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Recording;

/// <summary>The recorder and its folder.</summary>
public sealed class RecorderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TestClock _clock = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Measuring a folder reads the size of each file, of which there may be a hundred thousand.</summary>
    [Fact]
    public async Task A_full_folder_is_measured_again_every_five_seconds_and_not_for_each_recording()
    {
        var recorder = new Recorder(time: _clock);
        var options = new SwitchyardOptions { Recording = new() { Folder = _folder.FullPath, ByRequest = true, MaxFiles = 1 } };
        var plan = RecordingPlan.From(options, recorder)!;
        await AddAsync(recorder, plan);
        await AddAsync(recorder, plan);
        Assert.Equal((1L, 1L), Counts(recorder));

        Directory.Delete(_folder["mine"], recursive: true);
        await AddAsync(recorder, plan);
        Assert.Equal((1L, 2L), Counts(recorder));
        _clock.Advance(TimeSpan.FromSeconds(5));
        await AddAsync(recorder, plan);
        Assert.Equal((2L, 2L), Counts(recorder));

        await recorder.CloseAsync();
    }

    private static (long Written, long Full) Counts(Recorder recorder) =>
        (recorder.CountOf(RecordingOutcome.Written), recorder.CountOf(RecordingOutcome.FolderFull));

    private static async Task AddAsync(Recorder recorder, RecordingPlan plan)
    {
        var heard = new Cassette
        {
            Recorded = default,
            Provider = "up",
            Format = "openai-chat",
            Model = "some-model",
            Request = new RecordedRequest { Method = "POST", Path = "/chat/completions" },
            Answer = new RecordedAnswer { Status = 200 },
        };
        recorder.Add(new WaitingRecording(plan, "mine", 1, heard) { Secrets = new SecretRedactor() });
        await recorder.FlushAsync(TestContext.Current.CancellationToken);
    }
}
