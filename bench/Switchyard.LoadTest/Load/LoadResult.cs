namespace Switchyard.LoadTest.Load;

/// <summary>The result of a load. <paramref name="Answers"/> are complete and correct; everything else is a failure.</summary>
internal sealed record LoadResult(long Answers, long Frames, long Failures, string? FirstFailure, TimeSpan Elapsed);
